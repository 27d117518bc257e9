/** The reader worker at the invented counter: the real one, a process of its own, only more hurried. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';

/** Loaded before the reader: our end of its standard input closes with us, also when we are killed. */
const END_WITH_PARENT = `process.stdin.on('end', () => process.kill(process.pid, 'SIGTERM')).resume();`;
const CLI = join(import.meta.dirname, '..', '..', 'cli.ts');

export interface DemoReader {
  /** Resolves when it ends without having been told to, to how it did. */
  failed: Promise<string>;
  /** Lets it finish the write in hand. */
  close(): Promise<void>;
  /** At once, for the end of our own process. */
  kill(): void;
}

export function startReader(where: {
  station: string;
  agentUrl: string;
  bridgeUrl: string;
  key: string;
  folder: string;
}): DemoReader {
  const { station, agentUrl, bridgeUrl, key, folder } = where;
  const options = {
    ...{ station, agent: agentUrl, bridge: bridgeUrl, spool: join(folder, 'spool') },
    // never a card that lies in a reader of this machine
    ...{ source: 'agent', 'poll-ms': '100', 'settle-ms': '100' },
  };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  const preload = `--import=data:text/javascript,${encodeURIComponent(END_WITH_PARENT)}`;
  const child = spawn(process.execPath, [preload, CLI, 'reader', ...args], {
    env: { ...process.env, AUTHEN_BRIDGE_KEY: key },
    stdio: ['pipe', 'pipe', 'pipe'],
    // a Ctrl-C in the terminal is for us alone: the reader goes when we say so
    detached: true,
    windowsHide: true,
  });
  const log = join(folder, 'reader.log');
  const output = createWriteStream(log, { mode: 0o600 });
  child.stdout.pipe(output, { end: false });
  child.stderr.pipe(output, { end: false });
  let isTold = false;
  return {
    failed: new Promise((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) => {
        if (!isTold) resolve(`exit ${code ?? signal}, see ${log}`);
      });
    }),
    async close() {
      isTold = true;
      if (isRunning(child)) {
        child.kill('SIGTERM');
        await once(child, 'exit');
      }
      output.end();
    },
    kill: () => child.kill('SIGKILL'),
  };
}

function isRunning(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}
