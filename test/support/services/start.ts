/** Starts the real servers from the PATH, each in a folder of its own that is removed again. */

import { execFile } from 'node:child_process';
import { chownSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { probes, type ServiceName } from './probe.ts';
import {
  findProgram,
  freePort,
  LOOKED_AT,
  type Server,
  startServer,
  stopServer,
  unprivileged,
  untilReady,
} from './processes.ts';

const run = promisify(execFile);

/** A private server. `url` has admin rights. */
export interface Started {
  url: string;
  /** As a power cut would: at once, nothing is saved that was not on disk. */
  crash(): Promise<void>;
  /** After a crash: on the same port, with the same data. Nothing when it runs. */
  startAgain(): Promise<void>;
  /** Ends the server and removes its folder. */
  stop(): Promise<void>;
}

/** What a person installs when the service is nowhere. */
const MISSING: Readonly<Record<ServiceName, string>> = {
  mariadb: "no MariaDB found (looked at HERE; install Debian's mariadb-server)",
  postgres: "no PostgreSQL found (looked at HERE; install Debian's postgresql)",
  redis: "no Redis found (looked at HERE; install Debian's redis-server)",
};

function missing(service: ServiceName): Error {
  return new Error(MISSING[service].replace('HERE', LOOKED_AT));
}

/**
 * Starts one service on a free port, with further arguments of its own program (`--log-bin=log`). Throws a sentence for
 * people when it is not installed or does not come up.
 */
export function startFromPath(service: ServiceName, more: readonly string[] = []): Promise<Started> {
  return starters[service](more);
}

const starters: Readonly<Record<ServiceName, (more: readonly string[]) => Promise<Started>>> = {
  mariadb: async (more) => {
    const server = findProgram('mariadbd');
    const install = findProgram('mariadb-install-db');
    if (server === null || install === null) throw missing('mariadb');
    return inFolder('SIGKILL', undefined, async (folder, port) => {
      const user = `--user=${userInfo().username}`; // root has to be named, or the server refuses to run as root
      const data = `--datadir=${join(folder, 'data')}`;
      await run(install, [
        '--no-defaults',
        user,
        data,
        `--tmpdir=${folder}`, // two installs at once disturb each other in a shared one
        '--auth-root-authentication-method=normal',
        '--skip-test-db',
      ]);
      const args = ['--no-defaults', user, data, `--port=${port}`, '--bind-address=127.0.0.1'];
      args.push(`--socket=${join(folder, 's')}`, `--pid-file=${join(folder, 'pid')}`, '--skip-log-bin');
      args.push('--innodb-buffer-pool-size=64M', ...more);
      return {
        launch: () => startServer(server, args, { cwd: folder }),
        url: `mysql://root@127.0.0.1:${port}`,
      };
    });
  },

  postgres: async (more) => {
    const server = findProgram('postgres');
    const initdb = findProgram('initdb');
    if (server === null || initdb === null) throw missing('postgres');
    const as = unprivileged();
    return inFolder('SIGQUIT', as, async (folder, port) => {
      const data = join(folder, 'data');
      const init = [
        '-D',
        data,
        '-U',
        'postgres',
        '-A',
        'trust',
        '-E',
        'UTF8',
        '--locale=C.UTF-8',
        '--no-sync',
      ];
      await run(initdb, init, { cwd: folder, ...as });
      const args = ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', folder];
      args.push('-c', 'fsync=off', '-c', 'max_connections=200', ...more);
      return {
        launch: () => startServer(server, args, { cwd: folder, ...as }),
        url: `postgres://postgres@127.0.0.1:${port}/postgres`,
      };
    });
  },

  redis: async (more) => {
    const server = findProgram('redis-server', 'valkey-server');
    if (server === null) throw missing('redis');
    return inFolder('SIGKILL', undefined, async (folder, port) => {
      const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', ''];
      // as the bridge wants it in production, so that the tests run on the same footing
      args.push(
        '--appendonly',
        'yes',
        '--appendfsync',
        'everysec',
        '--maxmemory-policy',
        'noeviction',
        ...more,
      );
      return { launch: () => startServer(server, args, { cwd: folder }), url: `redis://127.0.0.1:${port}` };
    });
  },
};

type Prepare = (folder: string, port: number) => Promise<{ launch: () => Server; url: string }>;

/** A port that was free may be taken by the time that the server is there: many are started side by side. */
const TRIES = 3;

/** The frame of all three, tried again when the server does not come up. */
async function inFolder(
  signal: NodeJS.Signals,
  owner: { uid: number; gid: number } | undefined,
  prepare: Prepare,
): Promise<Started> {
  for (let tried = 1; ; tried++) {
    try {
      return await inNewFolder(signal, owner, prepare);
    } catch (error) {
      if (tried === TRIES) throw error;
    }
  }
}

/** Folder, port, wait until it answers; and nothing left behind when it does not. */
async function inNewFolder(
  signal: NodeJS.Signals,
  owner: { uid: number; gid: number } | undefined,
  prepare: Prepare,
): Promise<Started> {
  // a short name: a socket's path may not be longer than about 100 characters
  const folder = await mkdtemp(join(tmpdir(), 'abt-'));
  let server: Server | undefined;
  const stop = async (): Promise<void> => {
    if (server !== undefined) await stopServer(server, signal);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    if (owner !== undefined) chownSync(folder, owner.uid, owner.gid);
    const { launch, url } = await prepare(folder, await freePort());
    const startAgain = async (): Promise<void> => {
      if (server !== undefined) return;
      const launched = launch();
      server = launched;
      try {
        await untilReady(launched, () => probes[serviceOf(url)](url));
      } catch (error) {
        server = undefined; // it may be tried again
        await stopServer(launched, signal);
        throw error;
      }
    };
    const crash = async (): Promise<void> => {
      const running = server;
      server = undefined;
      if (running !== undefined) await stopServer(running, signal);
    };
    await startAgain();
    return { url, crash, startAgain, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function serviceOf(url: string): ServiceName {
  if (url.startsWith('mysql:')) return 'mariadb';
  return url.startsWith('postgres:') ? 'postgres' : 'redis';
}
