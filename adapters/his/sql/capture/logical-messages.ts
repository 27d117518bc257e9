/**
 * PostgreSQL's stream of logical changes as the plugin `test_decoding` writes it, as far as a doorbell needs it: whether a
 * transaction that is committed has changed one of our tables. Only the table's name is looked at, never a value.
 */

/** What is kept of a message: its head (25 bytes) and the names in it. */
export const MESSAGE_HEAD_BYTES = 1_024;

export class LogicalMessages {
  /** How a change of each of our tables begins. */
  readonly #beginnings: readonly Buffer[];
  readonly #tables: readonly string[];
  readonly #heard: () => void;
  #isTouched = false;

  /** `tables`: schema and table as the database itself quotes them: `public.ovst`. */
  constructor(tables: readonly string[], heard: () => void) {
    this.#tables = tables;
    this.#beginnings = tables.map((table) => Buffer.from(`table ${table}: `));
    this.#heard = heard;
  }

  /** The text of one message, or the beginning of it. Never throws. */
  take(text: Buffer): void {
    if (startsWith(text, BEGIN)) this.#isTouched = false;
    else if (startsWith(text, COMMIT)) {
      const isTouched = this.#isTouched;
      this.#isTouched = false;
      if (isTouched) this.#heard();
    } else if (!this.#isTouched && startsWith(text, TABLE)) {
      this.#isTouched = this.#beginnings.some((begin) => startsWith(text, begin)) || this.#isEmptied(text);
    }
  }

  /** `table public.ovst, public.patient: TRUNCATE: (no-flags)`. */
  #isEmptied(text: Buffer): boolean {
    const end = text.indexOf(TRUNCATE);
    if (end < 0) return false;
    const names = text.toString('utf8', TABLE.length, end).split(', ');
    return this.#tables.some((table) => names.includes(table));
  }
}

// bytes and not texts: a hundred thousand rows of the laboratory go by here, too
const BEGIN = Buffer.from('BEGIN');
const COMMIT = Buffer.from('COMMIT');
const TABLE = Buffer.from('table ');
const TRUNCATE = Buffer.from(': TRUNCATE:');

function startsWith(text: Buffer, begin: Buffer): boolean {
  return text.length >= begin.length && text.compare(begin, 0, begin.length, 0, begin.length) === 0;
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
