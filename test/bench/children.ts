/** The processes of ours that take part: the agents, and the bridge as it is started in earnest. */

import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { endsWithUs } from '../support/leave-nothing.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** The embedded queue takes twelve seconds of CPU to start, and the machine may be busy. */
const START_MS = 180_000;

export interface Child {
  pid: number;
  stop(): Promise<void>;
}

export interface Agents extends Child {
  urls: readonly string[];
}

export async function startAgents(hcode: string, count: number, delayMs: number): Promise<Agents> {
  const program = fileURLToPath(new URL('agents.ts', import.meta.url));
  const child = endsWithUs(fork(program, [hcode, String(count), String(delayMs)]));
  const failed = once(child, 'exit').then(() => {
    throw new Error('the agents ended before they had begun');
  });
  const [urls] = await Promise.race([once(child, 'message'), failed]);
  failed.catch(() => undefined); // from here on its end is what we ask for
  return { ...childOf(child), urls: urls as string[] };
}

export interface BridgeProcess extends Child {
  url: string;
  /** The end of its log, for when it does not do what it should. */
  lastWords(): Promise<string>;
}

/** As `npm start` does it, until it is at work. `nodeArgs`: for a profile, say. */
export async function startBridgeProcess(options: {
  config: string;
  url: string;
  folder: string;
  nodeArgs: readonly string[];
}): Promise<BridgeProcess> {
  const logFile = join(options.folder, 'bridge.log');
  const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  const [, ...start] = String(scripts.start).split(' ');
  const child = endsWithUs(
    spawn(process.execPath, [...options.nodeArgs, ...start, '--config', options.config], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  );
  const log = createWriteStream(logFile, { mode: 0o600 });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const lastWords = async (): Promise<string> => (await readFile(logFile, 'utf8')).slice(-2_000);
  const giveUp = Date.now() + START_MS;
  while (!(await answers(options.url))) {
    if (child.exitCode !== null || Date.now() > giveUp) {
      child.kill('SIGKILL');
      throw new Error(`the bridge did not come up:\n${await lastWords()}`);
    }
    await sleep(100);
  }
  return { ...childOf(child), url: options.url, lastWords };
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/readyz`)).ok;
  } catch {
    return false; // nobody listens yet
  }
}

function childOf(child: ChildProcess): Child {
  return {
    pid: child.pid ?? 0,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}
