/**
 * PostgreSQL's stream of logical changes as the plugin `test_decoding` writes it, as far as a doorbell needs it: whether a
 * transaction that is committed has changed one of our tables. Only the table's name is looked at, never a value.
 */

/** What is kept of a message: its head (25 bytes) and the names in it. */
export const MESSAGE_HEAD_BYTES = 1_024;

export class LogicalMessages {
  readonly #tables: readonly string[];
  readonly #heard: () => void;
  #isTouched = false;

  /** `tables`: schema and table as the database itself quotes them: `public.ovst`. */
  constructor(tables: readonly string[], heard: () => void) {
    this.#tables = tables;
    this.#heard = heard;
  }

  /** The text of one message, or the beginning of it. Never throws. */
  take(text: Buffer): void {
    const head = text.toString('utf8');
    if (head.startsWith('BEGIN')) this.#isTouched = false;
    else if (head.startsWith('COMMIT')) {
      const isTouched = this.#isTouched;
      this.#isTouched = false;
      if (isTouched) this.#heard();
    } else if (head.startsWith('table ') && !this.#isTouched) this.#isTouched = this.#isOurs(head.slice(6));
  }

  /** `public.ovst: INSERT: vn[text]:'…'`, or `public.ovst, public.patient: TRUNCATE: (no-flags)`. */
  #isOurs(change: string): boolean {
    if (this.#tables.some((table) => change.startsWith(`${table}: `))) return true;
    const truncate = change.indexOf(': TRUNCATE:');
    if (truncate < 0) return false;
    const names = change.slice(0, truncate).split(', ');
    return this.#tables.some((table) => names.includes(table));
  }
}

/** A message of the server inside the stream: a piece of the log, or a sign of life. Null for what is neither. */
export function messageOf(
  data: Buffer,
):
  | { kind: 'change'; position: bigint; text: Buffer }
  | { kind: 'alive'; position: bigint; wantsReply: boolean }
  | null {
  if (data.length >= 25 && data[0] === 0x77 /* w */) {
    return { kind: 'change', position: data.readBigUInt64BE(1), text: data.subarray(25) };
  }
  if (data.length >= 18 && data[0] === 0x6b /* k */) {
    return { kind: 'alive', position: data.readBigUInt64BE(1), wantsReply: data[17] === 1 };
  }
  return null;
}

/** Microseconds from 1970 to 2000, where PostgreSQL's clock begins. */
const POSTGRES_EPOCH_US = 946_684_800_000_000n;

/** "All up to here is done with": the server may throw its log away, and says that it is there. */
export function statusUpdate(position: bigint, now: number): Buffer {
  const message = Buffer.alloc(34);
  message.write('r', 0, 'latin1');
  for (const at of [1, 9, 17]) message.writeBigUInt64BE(position, at);
  message.writeBigInt64BE(BigInt(Math.trunc(now)) * 1_000n - POSTGRES_EPOCH_US, 25);
  message.writeUInt8(1, 33); // asks for an answer
  return message;
}
