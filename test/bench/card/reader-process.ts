/** A counter's process with its readers, as the reader worker has them; nothing else in it, so that its memory is theirs. */

import { setTimeout as sleep } from 'node:timers/promises';
import { openPcscCardSource } from '../../../adapters/reader/pcsc/source.ts';
import { errorText } from '../../../src/domain/bridge-error.ts';
import type { ReaderSlot } from '../../../src/service/ports/reader.ts';
import { answerParent } from './asked.ts';

export type ReaderQuestion =
  | { do: 'read'; withPhoto: boolean }
  /** Resolves when the slot holds a card, or none. */
  | { do: 'await'; reader: string; isPresent: boolean };

export interface ReaderAnswer {
  ms: number;
  citizenId: string | null;
  hasPhoto: boolean;
  /** The process that owns the readers. */
  childPid: number | null;
}

const [pcscdSocket = ''] = process.argv.slice(2);
const say = (_: object, message: string): void => console.log(`  ${message}`);
const log = { debug: () => undefined, info: say, warn: say, error: say, child: () => log };
let news: () => void = () => undefined;
const source = openPcscCardSource({ log, pcscdSocket, onChange: () => news() });

async function slotsOrNone(): Promise<readonly ReaderSlot[]> {
  try {
    return await source.look();
  } catch (error) {
    say({}, errorText(error));
    await sleep(50);
    return [];
  }
}

async function seen(name: string, isPresent: boolean): Promise<void> {
  for (;;) {
    const changed = new Promise<void>((resolve) => {
      news = resolve;
    });
    const slot = (await slotsOrNone()).find((one) => one.name === name);
    if (slot?.isPresent === isPresent) return;
    await Promise.race([changed, sleep(1_000, undefined, { ref: false })]);
  }
}

answerParent(async (question: ReaderQuestion): Promise<ReaderAnswer> => {
  const begun = performance.now();
  const card =
    question.do === 'read'
      ? await source.readCard({ withPhoto: question.withPhoto })
      : await seen(question.reader, question.isPresent);
  const ms = performance.now() - begun;
  globalThis.gc?.();
  return {
    ...{ ms, childPid: source.pid },
    ...{ citizenId: card?.citizenId ?? null, hasPhoto: (card?.photo ?? null) !== null },
  };
});
