import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isSpoolLocked, lockSpool } from '../../../adapters/reader/spool-lock.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'spool-lock-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const LOCK = path.resolve('adapters/reader/spool-lock.ts');

/** A process of its own that takes the lock and says whether it got it. */
async function contender(): Promise<{ got: string; kill(): Promise<void> }> {
  const script = `
    const { lockSpool } = await import(process.argv[1]);
    try { lockSpool(process.argv[2]); console.log('locked'); setInterval(() => {}, 1000); }
    catch (error) { console.log(error.code); }`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, LOCK, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  return {
    got: said.toString('utf8').trim(),
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

describe('the lock of a spool', () => {
  it('goes to one at a time in this process, and again when it was given back', () => {
    const unlock = lockSpool(folder);
    expect(() => lockSpool(folder)).toThrow(expect.objectContaining({ code: 'conflict', retry: 'yes' }));
    unlock();
    lockSpool(folder)();
  });

  it('is held by a living process and free as soon as that is killed', async () => {
    const holder = await contender();
    expect(holder.got).toBe('locked');
    expect(() => lockSpool(folder)).toThrow(expect.objectContaining({ code: 'conflict' }));
    await holder.kill();
    lockSpool(folder)();
  });

  it('shows whether a process holds it, and looking takes nothing away', async () => {
    expect(isSpoolLocked(folder)).toBe(false);
    const holder = await contender();
    for (let i = 0; i < 20; i++) expect(isSpoolLocked(folder)).toBe(true);
    expect(() => lockSpool(folder)).toThrow(expect.objectContaining({ code: 'conflict' }));
    await holder.kill();
    expect(isSpoolLocked(folder)).toBe(false);
    const unlock = lockSpool(folder);
    unlock();
    expect(isSpoolLocked(folder)).toBe(false);
  });

  it('goes to one of several processes that want it after a kill at the same moment', async () => {
    const former = await contender();
    await former.kill();
    const several = await Promise.all(Array.from({ length: 4 }, contender));
    try {
      expect(several.map((c) => c.got).toSorted()).toEqual(['conflict', 'conflict', 'conflict', 'locked']);
    } finally {
      await Promise.all(several.map((c) => c.kill()));
    }
  });

  it('says so when the file is none that can be locked, or the folder is gone', () => {
    writeFileSync(
      path.join(folder, 'lock'),
      'a file of somebody else, long enough not to be taken for an empty one'.repeat(20),
    );
    expect(() => lockSpool(folder)).toThrow(/cannot be locked .* remove it/);
    expect(() => lockSpool(path.join(folder, 'nowhere'))).toThrow(
      expect.objectContaining({ code: 'config' }),
    );
  });
});
