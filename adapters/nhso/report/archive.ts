/**
 * The zip archive that an .xlsx is. Parts are found in the directory at its end and inflated as they are read, so that the
 * memory for it does not grow with the file. Sizes are told by the directory and held to it: a part that inflates to
 * more than it says is refused on the spot.
 */

import { crc32 } from 'node:zlib';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { mustBeZip, protectedByPassword, unreadable } from './file-kind.ts';
import { damaged, Refusal, tooLarge } from './refusal.ts';

/** A workbook has some ten parts; one with pictures some hundreds. */
const PARTS_MAX = 5_000;
/** Inflated; a sheet of 50,000 rows has 40–80 MB. */
const PART_MAX = 512 * 1024 * 1024;

export class Archive {
  readonly #zip: ZipFile;
  readonly #parts: ReadonlyMap<string, Entry>;
  #position = 0;

  private constructor(zip: ZipFile, parts: ReadonlyMap<string, Entry>) {
    this.#zip = zip;
    this.#parts = parts;
  }

  /** Throws a {@link Refusal}. */
  static async open(path: string): Promise<Archive> {
    await mustBeZip(path);
    const zip = await openPromise(path, { autoClose: false, lazyEntries: true }).catch((cause: unknown) => {
      throw refusalOf(cause);
    });
    try {
      return new Archive(zip, await partsOf(zip));
    } catch (cause) {
      zip.close();
      throw refusalOf(cause);
    }
  }

  has(name: string): boolean {
    return this.#parts.has(name.toLowerCase());
  }

  /** Inflated, in bytes. */
  sizeOf(name: string): number {
    return this.#parts.get(name.toLowerCase())?.uncompressedSize ?? 0;
  }

  /** Bytes of the part at hand that have been given out. */
  get position(): number {
    return this.#position;
  }

  /** The part's bytes, as they are wanted. Throws a {@link Refusal}. */
  async *bytes(name: string, max = PART_MAX): AsyncGenerator<Buffer, void, undefined> {
    const entry = this.#parts.get(name.toLowerCase());
    if (entry === undefined) throw damaged();
    if (entry.isEncrypted()) throw protectedByPassword();
    if (entry.uncompressedSize > max) throw tooLarge();
    this.#position = 0;
    try {
      for await (const chunk of await this.#zip.openReadStreamPromise(entry)) {
        this.#position += (chunk as Buffer).length;
        yield chunk as Buffer;
      }
    } catch (cause) {
      throw refusalOf(cause);
    }
  }

  /** Reads the part to its end, so that nothing is believed of one whose checksum is wrong. Throws a {@link Refusal}. */
  async verify(name: string, max = PART_MAX): Promise<void> {
    let sum = 0;
    for await (const chunk of this.bytes(name, max)) sum = crc32(chunk, sum);
    if (sum !== this.#parts.get(name.toLowerCase())?.crc32) throw damaged();
  }

  close(): void {
    this.#zip.close();
  }
}

async function partsOf(zip: ZipFile): Promise<ReadonlyMap<string, Entry>> {
  if (zip.entryCount > PARTS_MAX) throw tooLarge();
  const parts = new Map<string, Entry>();
  for await (const entry of zip.eachEntry()) {
    const name = entry.fileName.toLowerCase();
    // which of two is meant nobody knows
    if (parts.has(name)) throw damaged();
    parts.set(name, entry);
  }
  return parts;
}

/** An error of ours as it is; one of the file system by its code; whatever else was thrown speaks of the archive. */
function refusalOf(cause: unknown): Refusal {
  if (cause instanceof Refusal) return cause;
  const isOfDisk = cause instanceof Error && 'syscall' in cause;
  return isOfDisk ? unreadable(cause) : damaged();
}
