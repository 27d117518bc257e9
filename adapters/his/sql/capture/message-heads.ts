/**
 * Cuts a database's stream of messages into messages and keeps only the beginning of each. A row with a scanned page of
 * 100 MB in it passes through in pieces and is thrown away: what is kept is a constant, whatever the HIS writes.
 */

export interface Framing {
  headerBytes: number;
  /** How many bytes follow the header. Throws when the header cannot be one. */
  payloadBytes(header: Buffer): number;
}

/** Both buffers are used again for the next message. */
export type OnMessage = (header: Buffer, head: Buffer) => void;

export class MessageHeads {
  readonly #framing: Framing;
  readonly #onMessage: OnMessage;
  readonly #header: Buffer;
  readonly #head: Buffer;
  #headerFilled = 0;
  #headFilled = 0;
  #left = 0;

  /** `keep`: so many bytes of each message are handed on at most. */
  constructor(framing: Framing, keep: number, onMessage: OnMessage) {
    this.#framing = framing;
    this.#onMessage = onMessage;
    this.#header = Buffer.alloc(framing.headerBytes);
    this.#head = Buffer.alloc(keep);
  }

  /** Throws what the framing throws; the stream is then of no use any more. */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#headerFilled < this.#header.length) {
        const copied = chunk.copy(this.#header, this.#headerFilled, at);
        this.#headerFilled += copied;
        at += copied;
        if (this.#headerFilled < this.#header.length) return;
        this.#left = this.#framing.payloadBytes(this.#header);
      }
      const taken = Math.min(this.#left, chunk.length - at);
      this.#headFilled += chunk.copy(this.#head, this.#headFilled, at, at + taken);
      this.#left -= taken;
      at += taken;
      if (this.#left === 0) this.#done();
    }
  }

  #done(): void {
    const head = this.#head.subarray(0, this.#headFilled);
    this.#headerFilled = 0;
    this.#headFilled = 0;
    this.#onMessage(this.#header, head);
  }
}
