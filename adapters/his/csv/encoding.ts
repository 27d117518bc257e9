/**
 * Which letters the bytes of a file are. The file is looked through once, from end to end and in small pieces, before a row is
 * taken: what is valid UTF-8 is UTF-8, anything else is TIS-620 (windows-874) when every byte has a meaning there. A UTF-8
 * file with one broken byte would be that too, as gibberish; it is refused.
 */

import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { setImmediate as breathe } from 'node:timers/promises';

const CHUNK = 64 * 1024;

export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-874';

export interface Look {
  encoding: Encoding;
  /** Of the whole content, hex. */
  sha256: string;
  bytes: number;
  /** The last byte ends a line: the last row is whole. */
  isTerminated: boolean;
}

/** Why the bytes are no table; a sentence in two languages. */
export interface NoText {
  refused: { th: string; en: string };
}

const NO_MEANING = new Set([0xdb, 0xdc, 0xdd, 0xde, 0xfc, 0xfd, 0xfe, 0xff]);

export async function lookThrough(
  handle: FileHandle,
  wanted: 'auto' | 'utf-8' | 'tis-620',
): Promise<Look | NoText> {
  const hash = createHash('sha256');
  const bytes = Buffer.alloc(CHUNK);
  const utf8 = new Utf8Check();
  let [total, nuls, oddNuls, noMeaning] = [0, 0, 0, 0];
  let head: Buffer = Buffer.alloc(0);
  let tail: Buffer = Buffer.alloc(0);
  for (;;) {
    const { bytesRead } = await handle.read(bytes, 0, CHUNK, total);
    if (bytesRead === 0) break;
    const part = bytes.subarray(0, bytesRead);
    if (total === 0) head = Buffer.from(part.subarray(0, 8));
    tail = Buffer.from(part.subarray(-2));
    hash.update(part);
    utf8.see(part);
    // Array.prototype methods would make a number object of each byte
    for (let i = 0; i < bytesRead; i++) {
      const byte = part[i] as number;
      if (byte === 0) {
        nuls++;
        if ((total + i) % 2 === 1) oddNuls++;
      } else if (byte >= 0xdb && NO_MEANING.has(byte)) noMeaning++;
    }
    total += bytesRead;
    await breathe();
  }
  utf8.end();
  const kind = fileKind(head);
  if (kind !== null) return { refused: kind };
  const wide = wideEncoding(head, { total, nuls, oddNuls });
  if (wide === null && nuls * 20 > total) {
    return { refused: { th: 'ไฟล์นี้ไม่ใช่ข้อความ', en: 'this file is no text: expected a table as CSV' } };
  }
  const encoding = wide ?? narrowEncoding(wanted, utf8, noMeaning);
  if (typeof encoding !== 'string') return encoding;
  return { encoding, sha256: hash.digest('hex'), bytes: total, isTerminated: endsLine(tail, encoding) };
}

/** The text of a file, piece by piece, without its byte order mark. A byte without meaning becomes U+FFFD. */
export async function* textOf(handle: FileHandle, encoding: Encoding, bytes: number): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding);
  const buffer = Buffer.alloc(CHUNK);
  for (let at = 0; at < bytes; ) {
    const { bytesRead } = await handle.read(buffer, 0, Math.min(CHUNK, bytes - at), at);
    if (bytesRead === 0) break;
    at += bytesRead;
    yield decoder.decode(buffer.subarray(0, bytesRead), { stream: true });
  }
  yield decoder.decode();
}

function narrowEncoding(
  wanted: 'auto' | 'utf-8' | 'tis-620',
  utf8: Utf8Check,
  noMeaning: number,
): Encoding | NoText {
  if (utf8.firstBad === null && wanted !== 'tis-620') return 'utf-8';
  const looksUtf8 = utf8.thai * 3 * 2 > utf8.high;
  if (wanted === 'utf-8' || (wanted === 'auto' && (looksUtf8 || noMeaning > 0))) {
    const at = utf8.firstBad ?? 0;
    return {
      refused: {
        th: `อ่านตัวอักษรไม่ได้ที่ไบต์ที่ ${at + 1}: ต้องเป็น UTF-8, UTF-16 หรือ TIS-620`,
        en: `byte ${at + 1} is no letter: expected UTF-8, UTF-16 or TIS-620 (windows-874)`,
      },
    };
  }
  return 'windows-874';
}

function wideEncoding(
  head: Buffer,
  { total, nuls, oddNuls }: { total: number; nuls: number; oddNuls: number },
): Encoding | null {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  // without a mark: separators, digits and line ends have a NUL beside them, all on one side
  if (nuls * 5 < total || total % 2 === 1) return null;
  if (oddNuls === nuls) return 'utf-16le';
  return oddNuls === 0 ? 'utf-16be' : null;
}

function fileKind(head: Buffer): { th: string; en: string } | null {
  const hex = head.toString('hex');
  if (hex.startsWith('504b0304') || hex.startsWith('d0cf11e0')) {
    return {
      th: 'ไฟล์นี้เป็นสมุดงาน Excel: กรุณาบันทึกเป็น "CSV UTF-8 (Comma delimited)" แล้ววางใหม่',
      en: 'this is an Excel workbook: save it as "CSV UTF-8 (Comma delimited)" and drop that',
    };
  }
  if (hex.startsWith('25504446')) return { th: 'ไฟล์นี้เป็น PDF', en: 'this is a PDF: expected a table as CSV' };
  return null;
}

function endsLine(tail: Buffer, encoding: Encoding): boolean {
  if (tail.length < 2 && encoding.startsWith('utf-16')) return false;
  const last =
    encoding === 'utf-16le'
      ? tail.readUInt16LE(0)
      : encoding === 'utf-16be'
        ? tail.readUInt16BE(0)
        : tail.at(-1);
  return last === 0x0a || last === 0x0d;
}

/** Validity of UTF-8 over pieces, where the first fault is, and how many Thai letters there are that are well formed. */
class Utf8Check {
  firstBad: number | null = null;
  /** Three-byte forms of the Thai block. */
  thai = 0;
  /** Bytes above ASCII. */
  high = 0;
  #at = 0;
  #need = 0;
  #lead = 0;
  #second = 0;

  see(part: Uint8Array): void {
    for (let i = 0; i < part.length; i++) {
      const byte = part[i] as number;
      if (byte < 0x80 && this.#need === 0) continue;
      this.#step(byte, this.#at + i);
    }
    this.#at += part.length;
  }

  end(): void {
    if (this.#need > 0) this.#bad(this.#at - 1);
  }

  #step(byte: number, at: number): void {
    if (byte >= 0x80) this.high++;
    if (this.#need === 0) {
      this.#begin(byte, at);
      return;
    }
    const isFirst = this.#second === 0;
    if (byte < 0x80 || byte > 0xbf || (isFirst && !mayFollow(this.#lead, byte))) {
      this.#bad(at);
      this.#need = 0;
      if (byte >= 0x80) this.#begin(byte, at);
      return;
    }
    if (isFirst) this.#second = byte;
    this.#need--;
    if (this.#need === 0 && this.#lead === 0xe0 && (this.#second === 0xb8 || this.#second === 0xb9))
      this.thai++;
  }

  #begin(byte: number, at: number): void {
    if (byte < 0x80) return;
    this.#lead = byte;
    this.#second = 0;
    if (byte >= 0xc2 && byte <= 0xdf) this.#need = 1;
    else if (byte >= 0xe0 && byte <= 0xef) this.#need = 2;
    else if (byte >= 0xf0 && byte <= 0xf4) this.#need = 3;
    else this.#bad(at);
  }

  #bad(at: number): void {
    this.firstBad ??= at;
  }
}

/** No overlong forms, no surrogates, nothing past U+10FFFF. */
function mayFollow(lead: number, second: number): boolean {
  if (lead === 0xe0) return second >= 0xa0;
  if (lead === 0xed) return second <= 0x9f;
  if (lead === 0xf0) return second >= 0x90;
  return lead !== 0xf4 || second <= 0x8f;
}
