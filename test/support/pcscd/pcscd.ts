/**
 * A card reader for tests: the real pcscd with the virtual reader of the vsmartcard project and our virtual Thai cards,
 * private to whoever opens it. It runs in a mount name space, so that its socket, whose path is built into it, lies in
 * our folder, and in a network of its own, so that nobody else reaches its ports and one setting makes it ten times as
 * quick. Both may be had without being root.
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe } from 'vitest';
import type { InsertOrder } from '../../../simulators/thai-card/orders.ts';
import { findProgram } from '../services/processes.ts';
import { missing } from '../services.ts';
import type { Ask } from './inside.ts';

const DRIVERS = ['/usr/lib/pcsc/drivers/serial/libifdvpcd.so'];
const INSIDE = fileURLToPath(new URL('inside.ts', import.meta.url));

/**
 * vpcd sends a message's length and its rest apart, and TCP waits 40 ms for the acknowledgement between them: quickack
 * takes that away. Without it everything works, only slower.
 */
const QUICKACK =
  'ip route change local 127.0.0.1 dev lo proto kernel scope host src 127.0.0.1 table local quickack 1';
const ENTER = `ip link set lo up && { ${QUICKACK} || true; } && mount --bind "$1" /run && shift && exec "$@"`;

interface Programs {
  pcscd: string;
  driver: string;
  /** Goes before the command that is to run in name spaces of its own. */
  unshare: string[];
}

/** Null and why not, where cards cannot be read on this machine. */
export function findPcscd(): { programs: Programs; problem: null } | { programs: null; problem: string } {
  const pcscd = findProgram('pcscd');
  const driver = DRIVERS.find((file) => existsSync(file));
  const unshare = findProgram('unshare');
  const no = (problem: string): { programs: null; problem: string } => ({ programs: null, problem });
  if (pcscd === null) return no("no pcscd found (install Debian's pcscd)");
  if (driver === undefined) return no("no virtual reader found (install Debian's vsmartcard-vpcd)");
  if (unshare === null || findProgram('ip') === null) {
    return no("no unshare or ip found (install Debian's util-linux and iproute2)");
  }
  const asRoot = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  const command = [unshare, ...asRoot, '--mount', '--net'];
  try {
    execFileSync(unshare, [...command.slice(1), 'true'], { stdio: 'pipe' });
  } catch (error) {
    return no(`pcscd cannot have name spaces of its own here: ${(error as Error).message.split('\n')[0]}`);
  }
  return { programs: { pcscd, driver, unshare: command }, problem: null };
}

/** A `describe` that needs pcscd; as `describeWith` of `services.ts`. */
export function describeWithPcscd(title: string, body: () => void): void {
  const { problem } = findPcscd();
  describe(title, () => (problem === null ? body() : missing(title, 'pcscd', problem)));
}

export class VirtualReaders {
  readonly #folder: string;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve(said: string): void; reject(error: Error): void }>();
  #nextId = 1;

  private constructor(folder: string, child: ChildProcess) {
    this.#folder = folder;
    this.#child = child;
    child.on('message', ({ id, said, failed }: { id: number; said?: string; failed?: string }) => {
      const asked = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (said === undefined) asked?.reject(new Error(failed));
      else asked?.resolve(said);
    });
    child.once('exit', (code, signal) => {
      for (const { reject } of this.#waiting.values())
        reject(new Error(`the readers ended: ${code ?? signal}`));
    });
  }

  /** Name spaces and cards are there; pcscd runs when `readers` is given: so many readers of two slots each. */
  static async open(readers?: 0 | 1 | 2): Promise<VirtualReaders> {
    const { programs, problem } = findPcscd();
    if (programs === null) throw new Error(problem);
    const folder = mkdtempSync(join(tmpdir(), 'abp-'));
    mkdirSync(join(folder, 'run'));
    const [unshare = '', ...args] = programs.unshare;
    const inside = [process.execPath, INSIDE, programs.pcscd, programs.driver, folder];
    const child = spawn(unshare, [...args, 'sh', '-c', ENTER, 'sh', join(folder, 'run'), ...inside], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const opened = new VirtualReaders(folder, child);
    if (readers !== undefined) await opened.startService(readers);
    return opened;
  }

  /** pcscd's socket: `PCSCLITE_CSOCK_NAME` of whoever is to see these readers. */
  get socket(): string {
    return join(this.#folder, 'run', 'pcscd', 'pcscd.comm');
  }

  async startService(readers: 0 | 1 | 2 = 1): Promise<void> {
    await this.#ask({ do: 'start', readers });
  }

  /** Its cards are out then, except where it is only stopped for a while. */
  async killService(signal: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'SIGCONT' = 'SIGKILL'): Promise<void> {
    await this.#ask({ do: 'kill', signal });
  }

  async insert(slot: number, order: InsertOrder = {}): Promise<void> {
    await this.#ask({ do: 'order', line: `${slot} insert ${JSON.stringify(order)}` });
  }

  async eject(slot: number): Promise<void> {
    await this.#ask({ do: 'order', line: `${slot} eject` });
  }

  /** How many commands the card in the slot was sent. */
  async commands(slot: number): Promise<number> {
    return Number((await this.#ask({ do: 'order', line: `${slot} commands` })).split(' ').at(-1));
  }

  async close(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = once(this.#child, 'exit');
      this.#child.disconnect();
      await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  #ask(ask: Ask): Promise<string> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.send({ id, ask }, (error) => {
        if (error !== null) reject(error);
      });
    });
  }
}
