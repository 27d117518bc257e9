/**
 * One process per spool: two would send the same reads and mix up their order. The lock is a file that names its
 * owner. A killed owner cannot take it away, so a lock whose owner is gone is taken over.
 *
 * A process id alone does not tell whether the owner is gone: after a restart of the machine or the container another
 * process may have the number. So the lock also holds what tells processes of one number apart.
 */

import { link, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { BridgeError } from '../../src/domain/bridge-error.ts';

const LOCK_FILE = 'lock';

interface Owner {
  pid: number;
  /** Linux: start of the process, in ticks of this boot, and the boot; null elsewhere. */
  born: string | null;
  /** UTC epoch milliseconds. */
  at: number;
}

/** Takes the lock of a spool folder. Throws BridgeError `conflict` (retry yes) while another process holds it. */
export async function lockSpool(folder: string): Promise<() => Promise<void>> {
  const file = path.join(folder, LOCK_FILE);
  const me: Owner = { pid: process.pid, born: await bornOf(process.pid), at: Date.now() };
  const mine = JSON.stringify(me);
  const claim = path.join(folder, `.lock-${me.pid}-${me.at}`);
  await tidy(folder);
  await writeFile(claim, mine, { mode: 0o600 });
  try {
    // a link appears whole or not at all, and only where nothing is: no half-written lock can be seen
    while (!(await linked(claim, file))) await removeStale(file, folder);
  } finally {
    await rm(claim, { force: true });
  }
  return async () => {
    if ((await textOf(file)) === mine) await rm(file, { force: true });
  };
}

/** Takes away what killed processes left of their attempts; a minute old, nobody is at work with it any more. */
async function tidy(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const at = /^\.lock-.*-(\d+)$/.exec(name)?.[1];
    if (at !== undefined && Date.now() - Number(at) > 60_000)
      await rm(path.join(folder, name), { force: true });
  }
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Takes a stale lock away; two processes that do so at once must not take away each other's fresh one. */
async function removeStale(file: string, folder: string): Promise<void> {
  const text = await textOf(file);
  if (text === null) return;
  const owner = parseOwner(text);
  if (owner !== null && (await isAlive(owner))) {
    throw new BridgeError(
      'conflict',
      `the spool ${folder} is in use by another reader (process ${owner.pid})`,
      {
        retry: 'yes',
        detail: { pid: owner.pid },
      },
    );
  }
  const aside = path.join(folder, `.lock-stale-${process.pid}-${Date.now()}`);
  try {
    await rename(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  // somebody was faster, and it was their fresh lock: put it back
  if ((await textOf(aside)) !== text) await linked(aside, file);
  await rm(aside, { force: true });
}

async function isAlive(owner: Owner): Promise<boolean> {
  // this process holds no lock yet: one with its number was left by a namesake
  if (owner.pid === process.pid) return owner.born !== null && owner.born === (await bornOf(process.pid));
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    // EPERM: it lives, under another user
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const born = await bornOf(owner.pid);
  if (owner.born !== null && born !== null) return owner.born === born;
  return owner.at >= Date.now() - os.uptime() * 1_000;
}

async function bornOf(pid: number): Promise<string | null> {
  if (process.platform !== 'linux') return null;
  const stat = await textOf(`/proc/${pid}/stat`);
  const boot = await textOf('/proc/sys/kernel/random/boot_id');
  // the name in brackets may hold spaces and brackets itself; the start time is the 20th field after it
  const started = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  return started === undefined || boot === null ? null : `${boot.trim()}/${started}`;
}

async function textOf(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
}

function parseOwner(text: string): Owner | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // not ours or damaged by a power cut: nobody can be asked about it
    return null;
  }
  const owner = value as Partial<Owner> | null;
  if (!Number.isInteger(owner?.pid) || typeof owner?.at !== 'number') return null;
  return { pid: owner.pid as number, born: owner.born ?? null, at: owner.at };
}
