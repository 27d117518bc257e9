/**
 * A small file that another program writes, often on a network share. A share may vanish, hang, and come back; none of it
 * may cost the bridge more than the token.
 */

import { open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import pLimit from 'p-limit';
import type { Instant } from '../../../src/domain/bangkok.ts';
import { unreadable } from './unreadable.ts';

/** What is longer is not the file that was meant. */
const MAX_BYTES = 64 * 1024;

const PATIENCE_MS = 5_000;

/**
 * How often it is looked at. The system's own watching (fs.watch) says nothing of what another machine writes to a share, and
 * falls silent for ever when the share goes; a look costs one round trip.
 */
const LOOK_MS = 2_000;

/**
 * So many more looks count as changes after one: the file may have been half-written, or written twice within one tick of the
 * server's clock (2 s on FAT), and a token is as long as the one before it.
 */
const ECHOES = 2;

/**
 * Of all files together. A share that hangs holds a thread of Node's pool for minutes, and there are four: with all of them
 * gone no name would be resolved any more, neither the HIS's nor the ledger's.
 */
const lanes = pLimit(2);

export interface FileContent {
  bytes: Buffer;
  /** By the clock of the machine that holds it. */
  writtenAt: Instant;
}

export class TokenFile {
  readonly path: string;
  /** For people. */
  readonly name: string;
  /** Operations that nobody waits for any more and that have not ended. */
  #hanging = 0;

  constructor(path: string) {
    this.path = path;
    this.name = `file ${path}`;
  }

  /** Null when there is none. Throws BridgeError `token-unreadable`. */
  async read(): Promise<FileContent | null> {
    try {
      return await this.#inTime(() => contentOf(this.path));
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? '';
      if (code === 'ENOENT') return this.#absent();
      if (code === 'EISDIR') throw unreadable(this.name, 'is a folder, expected a file', 'no', code);
      if (code === 'TOO_LONG') throw unreadable(this.name, 'is far too long to be a token file', 'no');
      throw unreadable(this.name, whyNot(code), 'yes', code);
    }
  }

  /** Calls back at the first look, and whenever what lies there may have changed. Returns what ends it. */
  watch(onChange: () => void): () => void {
    let seen: string | null = null;
    let echoes = 0;
    let isEnded = false;
    let timer: NodeJS.Timeout | undefined;
    const look = async (): Promise<void> => {
      const found = await this.#mark();
      if (isEnded) return;
      if (found !== seen) echoes = ECHOES + 1;
      seen = found;
      if (echoes > 0) onChange();
      echoes = Math.max(0, echoes - 1);
      timer = setTimeout(look, LOOK_MS);
    };
    void look();
    return () => {
      isEnded = true;
      clearTimeout(timer);
    };
  }

  /** Differs when the file differs. */
  async #mark(): Promise<string> {
    try {
      const { mtimeMs, size, ino } = await this.#inTime(() => stat(this.path));
      return `${mtimeMs} ${size} ${ino}`;
    } catch (error) {
      // away, forbidden, hanging: whoever reads is told which
      return (error as NodeJS.ErrnoException).code ?? 'away';
    }
  }

  /** No file where its folder is there; a folder that is not there is most likely a share that is away. */
  async #absent(): Promise<null> {
    const folder = dirname(this.path);
    try {
      await this.#inTime(() => stat(folder));
      return null;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? '';
      throw unreadable(this.name, `its folder is not there: is the network share away?`, 'yes', code);
    }
  }

  /** What takes too long is left to itself, and nothing more is asked of the file until it has ended. */
  async #inTime<T>(work: () => Promise<T>): Promise<T> {
    if (this.#hanging > 0) throw hangs();
    const { promise: late, reject } = Promise.withResolvers<never>();
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.#hanging += 1;
      reject(hangs());
    }, PATIENCE_MS);
    const end = (): void => {
      clearTimeout(timer);
      if (isLate) this.#hanging -= 1;
    };
    const done = lanes(work);
    done.then(end, end);
    return Promise.race([done, late]);
  }
}

async function contentOf(path: string): Promise<FileContent> {
  const file = await open(path, 'r');
  try {
    const { mtimeMs } = await file.stat();
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_BYTES + 1), 0, MAX_BYTES + 1, null);
    if (bytesRead > MAX_BYTES) throw Object.assign(new Error('too long'), { code: 'TOO_LONG' });
    return { bytes: buffer.subarray(0, bytesRead), writtenAt: Math.round(mtimeMs) };
  } finally {
    await file.close();
  }
}

function hangs(): Error {
  return Object.assign(new Error('no answer'), { code: 'HANGS' });
}

function whyNot(code: string): string {
  switch (code) {
    case 'HANGS':
      return 'does not answer: is the network share away?';
    case 'EACCES':
    case 'EPERM':
    case 'EBUSY':
      return `cannot be read (${code}): may the bridge's user read it, or is it just being written?`;
    default:
      return `cannot be read (${code || 'unknown error'}): is the network share away?`;
  }
}
