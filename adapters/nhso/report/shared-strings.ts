/**
 * The texts that cells refer to by number. They are kept as bytes, in pages, and become a string only when a cell that
 * matters asks: a report has hundreds of thousands of them, of which few columns are wanted.
 */

import type { Archive } from './archive.ts';
import { tooLarge } from './refusal.ts';
import { readXml, type XmlHandler } from './xml.ts';

const PAGE = 1024 * 1024;
/** Of all texts together; 50,000 rows have 10–25 MB. */
const TEXTS_MAX = 96 * 1024 * 1024;
const INFLATED_MAX = 2 * TEXTS_MAX;
const COUNT_MAX = 4_000_000;
/** Excel's own limit for a cell; what is longer is cut, and is no value of any column that is wanted. */
export const TEXT_MAX = 32_767;

export class SharedStrings {
  readonly #pages: Buffer[] = [];
  /** Where each ends, counted over all pages. It begins where the one before ends, or at the start of its page. */
  #ends: Uint32Array = new Uint32Array(1_024);
  #count = 0;
  #bytes = 0;

  /** Throws a Refusal. */
  static async read(archive: Archive, part: string): Promise<SharedStrings> {
    await archive.verify(part, INFLATED_MAX);
    const texts = new SharedStrings();
    const bytes = archive.bytes(part, INFLATED_MAX);
    for await (const _ of readXml(
      bytes,
      collect((text) => texts.#add(text)),
    ));
    return texts;
  }

  /** Null when there is no such text. */
  at(index: number): string | null {
    if (index >= this.#count) return null;
    const end = this.#ends[index] ?? 0;
    const before = this.#ends[index - 1] ?? 0;
    if (end === before) return '';
    const page = Math.floor((end - 1) / PAGE);
    const start = Math.max(before, page * PAGE);
    return this.#pages[page]?.toString('utf8', start - page * PAGE, end - page * PAGE) ?? null;
  }

  #add(text: string): void {
    const size = Buffer.byteLength(text);
    this.#bytes += size;
    if (this.#bytes > TEXTS_MAX || this.#count >= COUNT_MAX) throw tooLarge();
    let start = this.#ends[this.#count - 1] ?? 0;
    if (start + size > this.#pages.length * PAGE) {
      start = this.#pages.length * PAGE;
      this.#pages.push(Buffer.allocUnsafeSlow(PAGE));
    }
    this.#pages.at(-1)?.write(text, start % PAGE);
    if (this.#count === this.#ends.length) this.#ends = grown(this.#ends);
    this.#ends[this.#count++] = start + size;
  }
}

function grown(numbers: Uint32Array): Uint32Array {
  const more = new Uint32Array(Math.ceil(numbers.length * 1.5));
  more.set(numbers);
  return more;
}

/** One text for each `si`: that of its runs together, without what only tells how to pronounce it. */
function collect(add: (text: string) => void): XmlHandler {
  const runs = new Runs();
  return {
    open(name) {
      if (name === 'si') runs.take();
      runs.open(name);
    },
    close(name) {
      runs.close(name);
      if (name === 'si') add(runs.take());
    },
    text: (text) => runs.text(text),
  };
}

/** Puts the text of `t` elements together; in a shared text, and in a cell that holds its own. */
export class Runs {
  #text = '';
  #isText = false;
  #isPronunciation = false;

  open(name: string): void {
    if (name === 'rPh') this.#isPronunciation = true;
    this.#isText = name === 't' && !this.#isPronunciation;
  }

  close(name: string): void {
    if (name === 'rPh') this.#isPronunciation = false;
    this.#isText = false;
  }

  text(text: string): void {
    if (this.#isText && this.#text.length <= TEXT_MAX) this.#text += text;
  }

  take(): string {
    const text = this.#text.slice(0, TEXT_MAX);
    this.#text = '';
    this.#isPronunciation = false;
    return text;
  }
}
