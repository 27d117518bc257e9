/** Other programs that packaging needs: run to their end, and what went wrong told in a sentence. */

import { spawn } from 'node:child_process';
import { BridgeError } from '../../src/domain/bridge-error.ts';

export interface RunOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** What to do where the program is not on this machine. */
  missing: string;
}

/** Its standard output. Throws BridgeError `config` when it is not there, or ends with anything but 0. */
export function run(program: string, args: readonly string[], options: RunOptions): Promise<string> {
  const { cwd, env = process.env, missing } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env,
      ...(cwd === undefined ? {} : { cwd }),
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk) => {
      out += String(chunk);
    });
    child.stderr.on('data', (chunk) => {
      err += String(chunk);
    });
    child.on('error', (cause: NodeJS.ErrnoException) => {
      const why =
        cause.code === 'ENOENT'
          ? `${program} is not on this machine: ${missing}`
          : `${program}: ${cause.message}`;
      reject(new BridgeError('config', why, { retry: 'no', cause }));
    });
    child.on('close', (code, signal) => {
      if (code === 0) return resolve(out);
      const words = (err.trim() || out.trim()).split('\n').slice(-8).join('\n');
      const what = `${program} ${args[0] ?? ''} ended with ${code ?? signal}`;
      reject(new BridgeError('config', `${what}:\n${words}`, { retry: 'no' }));
    });
  });
}
