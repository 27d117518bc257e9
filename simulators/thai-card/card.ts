/** A Thai national ID card's chip: answers commands as the real ones do, each in its own style. */

export interface CardStyle {
  /**
   * - `response`: `61 xx`, and the data by GET RESPONSE (most cards)
   * - `at-once`: data and 9000 in one answer
   * - `exact`: `6C xx` until it is asked for exactly that many
   */
  answers?: 'response' | 'at-once' | 'exact';
  /** P2 that GET RESPONSE must have. */
  getResponseP2?: 0 | 1;
  /** Gives no more than so many bytes of a read, whatever is asked for. */
  most?: number;
  /** Another kind of card: it does not know the identity applet. */
  isOther?: boolean;
}

/** What a reader needs of a card. */
export interface Chip {
  /** The answer with its status words; empty: the card is gone. */
  transmit(apdu: Uint8Array): Uint8Array | Promise<Uint8Array>;
  /** Power on or reset: nothing is selected any more. */
  reset(): void;
  /** Commands that it was sent. */
  readonly commands: number;
}

const IDENTITY = 'a000000054480001';
/** A second applet of these cards, which other programs select. It holds nothing here. */
const OTHER_APPLET = 'a000000084060002';

export class VirtualThaiCard implements Chip {
  readonly #memory: Uint8Array;
  readonly #style: Required<CardStyle>;
  #selected: string | null = null;
  #waiting: Uint8Array = new Uint8Array(0);
  commands = 0;

  constructor(memory: Uint8Array, style: CardStyle = {}) {
    this.#memory = memory;
    this.#style = { answers: 'response', getResponseP2: 0, most: 255, isOther: false, ...style };
  }

  transmit(apdu: Uint8Array): Uint8Array {
    this.commands += 1;
    const [cla, ins, p1 = 0, p2 = 0, lc = 0] = apdu;
    if (cla === 0x00 && ins === 0xa4) return this.#select(apdu.subarray(5, 5 + lc));
    if (cla === 0x00 && ins === 0xc0) return this.#getResponse(p2, lc);
    if (cla === 0x80 && ins === 0xb0) return this.#readBinary((p1 << 8) | p2, apdu);
    return sw(0x6d00);
  }

  reset(): void {
    this.#selected = null;
    this.#waiting = new Uint8Array(0);
  }

  #select(aid: Uint8Array): Uint8Array {
    const name = Buffer.from(aid).toString('hex');
    if (this.#style.isOther || ![IDENTITY, OTHER_APPLET].includes(name)) return sw(0x6a82);
    this.#selected = name;
    return this.#style.answers === 'response' ? this.#hold(new Uint8Array(10)) : sw(0x9000);
  }

  #readBinary(offset: number, apdu: Uint8Array): Uint8Array {
    if (this.#selected !== IDENTITY) return sw(0x6985);
    const [, , , , lc, zero, length = 0, le] = apdu;
    if (lc !== 2 || zero !== 0) return sw(0x6700);
    const data = this.#memory.subarray(offset, offset + Math.min(length, this.#style.most));
    if (data.length === 0) return sw(0x6b00);
    switch (this.#style.answers) {
      case 'at-once':
        return withSw(data);
      case 'exact':
        return le === data.length ? withSw(data) : sw(0x6c00 | data.length);
      default:
        return this.#hold(data);
    }
  }

  #hold(data: Uint8Array): Uint8Array {
    this.#waiting = data;
    return sw(0x6100 | (data.length & 0xff));
  }

  #getResponse(p2: number, length: number): Uint8Array {
    if (p2 !== this.#style.getResponseP2) return sw(0x6a86);
    if (length !== this.#waiting.length) return sw(0x6c00 | this.#waiting.length);
    const data = this.#waiting;
    this.#waiting = new Uint8Array(0);
    return withSw(data);
  }
}

function sw(words: number): Uint8Array {
  return Uint8Array.of(words >> 8, words & 0xff);
}

function withSw(data: Uint8Array): Uint8Array {
  return Uint8Array.of(...data, 0x90, 0x00);
}
