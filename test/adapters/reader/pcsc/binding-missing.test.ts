/** A machine without the part that drives readers: a real one, the program without its packages. */

import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { openPcscCardSource } from '../../../../adapters/reader/pcsc/source.ts';
import { KeptLog } from './support.ts';

const ROOT = join(import.meta.dirname, '../../../..');
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'no-binding-'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  for (const part of ['adapters/reader', 'src/domain', 'src/service/ports']) {
    mkdirSync(join(folder, part), { recursive: true });
    cpSync(join(ROOT, part), join(folder, part), { recursive: true });
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('says for which platform it is missing and what to do, and does not try again at once', async () => {
  const module = (await import(join(folder, 'adapters/reader/pcsc/source.ts'))) as {
    openPcscCardSource: typeof openPcscCardSource;
  };
  const log = new KeptLog();
  const source = module.openPcscCardSource({ log });
  try {
    const missing = { code: 'config', retry: 'no', message: expect.stringContaining('pcsc-mini') };
    await expect(source.look()).rejects.toMatchObject(missing);
    await expect(source.readCardOnly()).rejects.toMatchObject(missing);
    // the line is written when the process has ended
    for (let i = 0; i < 200 && log.lines.length === 0; i++) await new Promise((r) => setTimeout(r, 20));
    expect(log.lines).toHaveLength(1);
    expect(log.lines[0]).toContain('"pauseMs":60000');
    expect(source.pid).toBeNull();
  } finally {
    await source.close();
  }
});
