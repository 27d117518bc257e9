import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockSpool } from '../../../adapters/reader/spool-lock.ts';

let folder: string;
let lock: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'spool-lock-'));
  lock = path.join(folder, 'lock');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const owner = (): { pid: number; born: string | null; at: number } => JSON.parse(readFileSync(lock, 'utf8'));

describe('the lock of a spool', () => {
  it('is one process at a time, and names it', async () => {
    const unlock = await lockSpool(folder);
    expect(owner().pid).toBe(process.pid);
    await expect(lockSpool(folder)).rejects.toMatchObject({ code: 'conflict', detail: { pid: process.pid } });
    await unlock();
    expect(existsSync(lock)).toBe(false);
  });

  it('is held by a living process and taken over from a killed one', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    await once(child, 'spawn');
    writeFileSync(lock, JSON.stringify({ pid: child.pid, born: null, at: Date.now() }));
    await expect(lockSpool(folder)).rejects.toMatchObject({ code: 'conflict' });
    child.kill('SIGKILL');
    await once(child, 'exit');
    const unlock = await lockSpool(folder);
    expect(owner().pid).toBe(process.pid);
    await unlock();
  });

  it.each([
    ['another process has the number since', { pid: 1, born: 'another-boot/1', at: Date.now() }],
    ['the machine was started since', { pid: 1, born: null, at: 0 }],
    ['this process has the number of its former owner', { pid: process.pid, born: null, at: Date.now() }],
  ])('is stale when %s', async (_, stale) => {
    writeFileSync(lock, JSON.stringify(stale));
    const unlock = await lockSpool(folder);
    expect(owner().at).toBeGreaterThan(0);
    await unlock();
  });

  it('is stale when it cannot be understood', async () => {
    writeFileSync(lock, '\0\0\0');
    await (await lockSpool(folder))();
    expect(existsSync(lock)).toBe(false);
  });

  it('goes to one of several who take over a stale one at the same time', async () => {
    writeFileSync(lock, JSON.stringify({ pid: 1, born: 'another-boot/1', at: 0 }));
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => lockSpool(folder)));
    expect(results.filter((r) => r.status === 'fulfilled')).toHaveLength(1);
  });
});
