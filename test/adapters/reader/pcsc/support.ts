/** Sources on virtual readers, and waiting for what they show. */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openPcscCardSource, type PcscCardSource } from '../../../../adapters/reader/pcsc/source.ts';
import { isBridgeError } from '../../../../src/domain/bridge-error.ts';
import type { Log } from '../../../../src/service/ports/log.ts';
import type { ReaderSlot } from '../../../../src/service/ports/reader.ts';
import { keepOutput } from '../../../support/output.ts';
import type { VirtualReaders } from '../../../support/pcscd/pcscd.ts';

export const SLOT_0 = 'Virtual PCD 0 00 00';
export const SLOT_1 = 'Virtual PCD 0 00 01';

const OTHER_PROGRAM = fileURLToPath(new URL('../../../support/pcscd/other-program.ts', import.meta.url));

/** Keeps what is logged for the run's check for citizen ids. */
export class KeptLog implements Log {
  readonly lines: string[] = [];
  readonly debug = this.#keep('debug');
  readonly info = this.#keep('info');
  readonly warn = this.#keep('warn');
  readonly error = this.#keep('error');

  child(): Log {
    return this;
  }

  #keep(level: string): Log['info'] {
    return (fields, message) => {
      const line = `${level} ${message} ${JSON.stringify(fields)}`;
      this.lines.push(line);
      keepOutput('pcsc-log', `${line}\n`);
    };
  }
}

export function openSource(
  readers: VirtualReaders,
  options: Partial<Parameters<typeof openPcscCardSource>[0]> = {},
): PcscCardSource {
  return openPcscCardSource({ log: new KeptLog(), pcscdSocket: readers.socket, ...options });
}

/** Looks until it holds, as a worker does: a look that fails is followed by another. */
export async function seen(
  source: PcscCardSource,
  what: string,
  holds: (slots: readonly ReaderSlot[]) => boolean,
  ms = 20_000,
): Promise<readonly ReaderSlot[]> {
  const giveUp = Date.now() + ms;
  let last: unknown = null;
  for (;;) {
    try {
      const slots = await source.look();
      if (holds(slots)) return slots;
      last = slots;
    } catch (error) {
      if (!isBridgeError(error)) throw error;
      last = error.code;
    }
    if (Date.now() > giveUp) throw new Error(`not within ${ms} ms: ${what}; last ${JSON.stringify(last)}`);
    await sleep(10);
  }
}

export function isIn(slots: readonly ReaderSlot[], name = SLOT_0): boolean {
  return slots.some((slot) => slot.name === name && slot.isPresent);
}

export async function cardIn(source: PcscCardSource, name = SLOT_0): Promise<string | null> {
  const slots = await seen(source, `a card in ${name}`, (all) => isIn(all, name));
  return slots.find((slot) => slot.name === name)?.insertion ?? null;
}

export async function cardOut(source: PcscCardSource, name = SLOT_0): Promise<void> {
  await seen(source, `no card in ${name}`, (all) => all.length > 0 && !isIn(all, name));
}

export interface OtherProgram {
  /** SELECTs of its own that the card took. */
  selects(): number;
  letGo(): Promise<void>;
  kill(): Promise<void>;
}

/** A real second program at that reader; resolves when it holds the card. */
export async function otherProgram(
  readers: VirtualReaders,
  how: 'select' | 'exclusive' | 'transaction',
  name = SLOT_0,
): Promise<OtherProgram> {
  const child = fork(OTHER_PROGRAM, [name, how], {
    env: { ...process.env, PCSCLITE_CSOCK_NAME: readers.socket },
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  let selects = 0;
  await new Promise<void>((resolve, reject) => {
    child.on('message', (said) => {
      if (said === 'selected') selects += 1;
      else resolve();
    });
    child.once('exit', (code, signal) => reject(new Error(`the other program ended: ${code ?? signal}`)));
  });
  return {
    selects: () => selects,
    async letGo() {
      child.send('let go');
      await ended(child);
    },
    async kill() {
      child.kill('SIGKILL');
      await ended(child);
    },
  };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}
