import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readStatusFile, StatusFile } from '../../../adapters/reader/status-file.ts';
import type { Log } from '../../../src/service/ports/log.ts';
import type { ReaderState } from '../../../src/service/ports/reader.ts';

let folder: string;
let warnings: string[];
const log: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: (_fields, message) => warnings.push(message),
  error: () => undefined,
  child: () => log,
};
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'status-'));
  warnings = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const state = (waiting: number): ReaderState => ({
  ...{ station: 'counter-1', hcode: null, startedAt: '2026-11-20T08:00:00+07:00' },
  at: '2026-11-20T08:30:00+07:00',
  line: { th: 'พร้อม', en: 'ready' },
  needs: [],
  counter: 'ready',
  source: { use: 'agent', why: 'first', agent: 'ok', pcsc: null },
  bridge: { is: 'up', waiting, rejected: 0 },
  clockAheadMs: null,
});

describe('the state on disk', () => {
  it('is the last one of many, whole, for the owner alone, and no read', async () => {
    const file = new StatusFile(folder, '1.2.3', log);
    for (let i = 0; i <= 50; i++) file.write(state(i));
    await file.idle();
    expect(await readStatusFile(folder)).toEqual({ ...state(50), version: '1.2.3' });
    expect(readdirSync(folder)).toEqual(['status']);
    expect(statSync(path.join(folder, 'status')).mode & 0o777).toBe(0o600);
  });

  it('is never read in half while it is written', async () => {
    const file = new StatusFile(folder, '1.2.3', log);
    let reads = 0;
    for (let i = 0; i < 100; i++) {
      file.write(state(i));
      const seen = await readStatusFile(folder);
      if (seen !== null) reads += 1;
    }
    await file.idle();
    expect(reads).toBeGreaterThan(0);
  });

  it('a disk that does not take it is told once, and the next one is written', async () => {
    const file = new StatusFile(folder, '1.2.3', log);
    rmSync(folder, { recursive: true });
    for (let i = 0; i < 3; i++) {
      file.write(state(i));
      await file.idle();
    }
    expect(warnings).toEqual([expect.stringContaining('the state of the reader is not on disk')]);
    mkdirSync(folder);
    file.write(state(7));
    await file.idle();
    expect((await readStatusFile(folder))?.bridge.waiting).toBe(7);
  });

  it('is null where none was written, and an error that says what to do where it cannot be understood', async () => {
    expect(await readStatusFile(folder)).toBeNull();
    for (const text of ['', '{', '{"station":1}', 'null']) {
      writeFileSync(path.join(folder, 'status'), text);
      await expect(readStatusFile(folder)).rejects.toMatchObject({
        code: 'config',
        message: expect.stringContaining('start the reader again'),
      });
    }
    expect(readFileSync(path.join(folder, 'status'), 'utf8')).toBe('null');
  });
});
