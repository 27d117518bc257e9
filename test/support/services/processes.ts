/** Small helps for running a server of somebody else's in a throw-away folder. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { accessSync, constants, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Servers often stand outside an ordinary user's PATH. */
const SERVER_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/usr/local/bin', '/opt/homebrew/bin'];

/** Debian keeps each PostgreSQL in a folder of its version, on nobody's PATH. */
const POSTGRES_VERSIONS = '/usr/lib/postgresql';

/** Where a program was looked for, as the person who lacks it should read it. */
export const LOOKED_AT = `the PATH, ${SERVER_FOLDERS.join(', ')}, ${POSTGRES_VERSIONS}/*/bin`;

/** The program's full path; null when it is nowhere. The first name that is found counts. */
export function findProgram(...names: readonly string[]): string | null {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...SERVER_FOLDERS, ...postgresFolders()];
  for (const name of names) {
    for (const folder of folders) {
      const file = join(folder, name);
      if (folder !== '' && isExecutable(file)) return file;
    }
  }
  return null;
}

function postgresFolders(): string[] {
  try {
    const versions = readdirSync(POSTGRES_VERSIONS).sort((a, b) => Number(b) - Number(a));
    return versions.map((version) => join(POSTGRES_VERSIONS, version, 'bin'));
  } catch {
    return []; // no Debian: the PATH has been looked at
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Below the ports that the kernel gives to outgoing connections (32768 and up): one of those would take the port while a
 * test has its server down, and the server could not come back. Each of the processes that work side by side has a slice of
 * its own: of two that find the same port free, one would speak to the server of the other.
 */
const PORTS = { from: 15_000, slices: 34, each: 500 };

/** Which slice is this process's; whoever starts several of them says it. Vitest numbers its own. */
export const PORT_SLICE = 'AUTHEN_BRIDGE_TEST_PORTS';

const slice = Number(process.env[PORT_SLICE] ?? process.env.VITEST_POOL_ID ?? 0) % PORTS.slices;
let nextPort = randomInt(PORTS.each);

/** A TCP port of 127.0.0.1 that nobody listens on at this moment, and that this process has not given for a while. */
export async function freePort(): Promise<number> {
  const first = PORTS.from + slice * PORTS.each;
  for (let tried = 0; tried < PORTS.each; tried++) {
    const port = first + nextPort;
    nextPort = (nextPort + 1) % PORTS.each;
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port on 127.0.0.1 between ${first} and ${first + PORTS.each}`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(false) : reject(error),
    );
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

/** User and group to run as: PostgreSQL refuses root. Undefined = as we are. */
export function unprivileged(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const user of ['postgres', 'nobody']) {
    try {
      const id = (flag: string): number => Number(execFileSync('id', [flag, user], { stdio: 'pipe' }));
      return { uid: id('-u'), gid: id('-g') };
    } catch {
      // this user is not on the machine: the next one
    }
  }
  return undefined;
}

/** A started server, with the end of what it has said, for the sentence that tells why it did not come up. */
export interface Server {
  child: ChildProcess;
  lastWords(): string;
}

export function startServer(
  file: string,
  args: readonly string[],
  options: { cwd: string; uid?: number; gid?: number },
): Server {
  const child = spawn(file, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  const hear = (chunk: Buffer): void => {
    said = (said + chunk.toString()).slice(-600);
  };
  child.stdout?.on('data', hear);
  child.stderr?.on('data', hear);
  child.on('error', (error) => hear(Buffer.from(error.message)));
  return { child, lastWords: () => said.trim().replace(/\s*\n\s*/g, ' | ') };
}

/** Asks until the server answers. Throws with its last words when it ends before, or after 30 seconds. */
export async function untilReady(server: Server, ask: () => Promise<unknown>): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    try {
      await ask();
      return;
    } catch (cause) {
      const ended = server.child.exitCode !== null || server.child.signalCode !== null;
      if (ended || server.child.pid === undefined || Date.now() > deadline) {
        throw new Error(`did not come up: ${server.lastWords() || (cause as Error).message}`, { cause });
      }
    }
    await sleep(100);
  }
}

/** Ends the server at once: its data is thrown away, so nothing need be saved. */
export async function stopServer(server: Server, signal: NodeJS.Signals): Promise<void> {
  const { child } = server;
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await ended;
  clearTimeout(timer);
}
