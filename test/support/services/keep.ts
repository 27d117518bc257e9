/**
 * Holds private servers for as long as this process lives. They are children of a small process of their own
 * (`keeper.ts`) that ends them and removes their folders when the pipe to us closes: at teardown, at Ctrl-C, and
 * even when the test run is killed.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ServiceName } from './probe.ts';

/** A service's address, or a sentence that says why there is none. */
export type Found = { url: string; problem: null } | { url: null; problem: string };

export interface Kept {
  found: Partial<Record<ServiceName, Found>>;
  /** Ends the servers; resolves when they and their folders are gone. */
  stop(): Promise<void>;
}

export async function keepServices(names: readonly ServiceName[]): Promise<Kept> {
  if (names.length === 0) return { found: {}, stop: async () => undefined };
  const keeper = spawn(process.execPath, [fileURLToPath(new URL('keeper.ts', import.meta.url)), ...names], {
    detached: true, // a group of its own: the terminal's Ctrl-C must not reach the servers before the tests end
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(keeper, 'exit');
  let said = '';
  for await (const chunk of keeper.stdout) {
    said += String(chunk);
    if (said.endsWith('\n')) break;
  }
  if (!said.endsWith('\n'))
    throw new Error('the keeper of the test services ended before it had started them');
  return {
    found: JSON.parse(said) as Kept['found'],
    stop: async () => {
      keeper.stdin.end();
      await ended;
    },
  };
}
