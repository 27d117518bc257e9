/**
 * Other processes' clock, set by libfaketime (Debian: `faketime`). Each process group has a file of its own that says how far
 * its clock is off; the clock that only counts (monotonic) stays as it is, so that timers and time-outs are real.
 */

import { existsSync, renameSync, writeFileSync } from 'node:fs';

const LIBRARIES = ['x86_64-linux-gnu', 'aarch64-linux-gnu'].map(
  (arch) => `/usr/lib/${arch}/faketime/libfaketime.so.1`,
);

/** Path of the library; null where it is not installed. */
export function fakeTimeLibrary(): string | null {
  return LIBRARIES.find((file) => existsSync(file)) ?? null;
}

export class FakeClock {
  /** How far ahead of ours it is when nothing is wrong with it, ms. */
  readonly rightMs: number;
  readonly #file: string;
  readonly #library: string;

  constructor(file: string, library: string, rightMs: number) {
    this.#file = file;
    this.#library = library;
    this.rightMs = rightMs;
    this.set(rightMs);
  }

  /** What a process must be started with. */
  get env(): Record<string, string> {
    return {
      LD_PRELOAD: this.#library,
      FAKETIME_TIMESTAMP_FILE: this.#file,
      // seconds after which a process looks again; at every call would cost more than the work
      FAKETIME_CACHE_DURATION: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      DONT_FAKE_MONOTONIC: '1',
    };
  }

  set(offsetMs: number): void {
    const seconds = offsetMs / 1000;
    // whole or not at all: a process may be reading it
    writeFileSync(`${this.#file}.new`, `${seconds < 0 ? '' : '+'}${seconds.toFixed(3)}\n`);
    renameSync(`${this.#file}.new`, this.#file);
  }
}
