/** What is said of a worker that holds its spool and tells nothing new: on a real spool and a real state file. */

import { mkdirSync, mkdtempSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, type TestContext } from 'vitest';
import { openSpool } from '../../adapters/reader/spool.ts';
import { StatusFile } from '../../adapters/reader/status-file.ts';
import { readerStatus } from '../../src/commands/reader/status.ts';
import { bangkokIso } from '../../src/domain/bangkok.ts';
import type { ReaderState } from '../../src/service/ports/reader.ts';
import { quietLog } from '../service/support/quiet.ts';

const TIMEOUT = 60_000;

interface Worker {
  folder: string;
  says(agoMs: number): Promise<void>;
}

/** One of the test's own: most of them wait for many seconds, and do so together. */
async function worker({ onTestFinished }: TestContext): Promise<Worker> {
  const folder = mkdtempSync(path.join(tmpdir(), 'reader-status-'));
  const spool = await openSpool(folder);
  onTestFinished(async () => {
    await spool.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const file = new StatusFile(folder, '1.2.3', quietLog);
  return {
    folder,
    async says(agoMs) {
      const at = bangkokIso(Date.now() - agoMs);
      const state: ReaderState = {
        ...{ station: 'counter-1', hcode: null, startedAt: at, at, counter: 'ready', needs: [] },
        line: { th: 'พร้อม', en: 'ready' },
        source: { use: 'agent', why: 'first', agent: 'ok', pcsc: null },
        bridge: { is: 'up', waiting: 0, rejected: 0 },
        clockAheadMs: null,
      };
      file.write(state);
      await file.idle();
    },
  };
}

describe.concurrent('a worker that holds its spool', () => {
  it('one that said so just now is well, and is not waited for', async (test) => {
    const { folder, says } = await worker(test);
    await says(1_000);
    const begun = performance.now();
    expect(await readerStatus(folder)).toMatchObject({ health: 'well', needs: [] });
    expect(performance.now() - begun).toBeLessThan(10_000);
  });

  it.for<[string, number]>([
    ['was silent for two minutes', 120_000],
    ['was silent since the clock was set back by an hour', -3_600_000],
  ])('one that %s hangs', { timeout: TIMEOUT }, async ([, agoMs], test) => {
    const { folder, says } = await worker(test);
    await says(agoMs);
    expect(await readerStatus(folder)).toMatchObject({ health: 'hangs', state: { counter: 'ready' } });
  });

  it.for<[string, number | null]>([
    ['just starts, with nothing told', null],
    ['just starts, with what the one before told last', 7_200_000],
    ['lives, and whose clock was just set back', -3_600_000],
  ])('one that %s is waited for', { timeout: TIMEOUT }, async ([, agoMs], test) => {
    const { folder, says } = await worker(test);
    if (agoMs !== null) await says(agoMs);
    const asked = readerStatus(folder);
    await says(0);
    expect((await asked).health).toBe('well');
  });

  it('one whose disk never took what it said is not called well', { timeout: TIMEOUT }, async (test) => {
    const { folder, says } = await worker(test);
    const inTheWay = path.join(folder, '.status.tmp');
    mkdirSync(inTheWay);
    await says(0);
    const { health, state, needs } = await readerStatus(folder);
    expect([health, state]).toEqual(['hangs', null]);
    expect(needs.map(({ en }) => en).join()).toMatch(/disk of this machine is full/);
    rmdirSync(inTheWay);
  });
});
