/** A counter that its reader worker carries for: real workers, and what NHSO's journal and the HIS's rows say. */

import { join } from 'node:path';
import { afterEach, expect } from 'vitest';
import { plainPerson } from '../../simulators/his/hosxp/sample-people.ts';
import { HCODE, type Hospital } from './bridge-support.ts';
import { ReaderProcess, until } from './reader-support.ts';

/** What the key of such a worker may do. */
export const OF_A_READER = {
  scopes: ['card-reads:write', 'agent-line:carry'],
  hcode: HCODE,
  stationId: 'counter-1',
} as const;
export const CARRIED = [{ id: 'counter-1', agent: 'reader' }];
/** What the worker says when its line is up. */
export const UP = 'line up: codes are asked for through this counter';
/** Does not look at its reader by itself: the test sends the reads. */
const BLIND = ['--poll-ms', '60000'];
/** Looks all the time. */
export const QUICK = ['--poll-ms', '100', '--settle-ms', '100'];

/** The workers of a file's tests; they end after each. `of`: known once the file has opened its hospital. */
export function carriedCounter(of: () => Hospital) {
  const readers: ReaderProcess[] = [];
  let started = 0;

  afterEach(async () => {
    for (const reader of readers.splice(0)) {
      await reader.stop('SIGKILL');
      expect(reader.output + reader.errors).not.toMatch(/99\d{11}/);
    }
  });

  return {
    startReader(
      key: string,
      bridges: readonly string[],
      more: readonly string[] = BLIND,
      env: Record<string, string> = {},
    ): ReaderProcess {
      started += 1;
      const reader = new ReaderProcess(
        [
          ...['--station', 'counter-1', '--agent', of().agent.url, '--log', 'info'],
          ...bridges.flatMap((url) => ['--bridge', url]),
          ...['--spool', join(of().folder, `spool-${started}`), ...more],
        ],
        { AUTHEN_BRIDGE_KEY: key, ...env },
      );
      readers.push(reader);
      return reader;
    },
    hasCode: async (vn: string): Promise<boolean> => (await of().codeInHis(vn)) !== null,
    confirms: (n: number) => of().agent.control.confirms(plainPerson(n).cid ?? ''),
    /** Confirms that the agent is done with. */
    asked: (n: number): number =>
      of().agent.control.requests({ call: 'confirm-save', pid: plainPerson(n).cid ?? '' }).length,
  };
}

export const isUp = (reader: ReaderProcess) =>
  until('the line is up', () => reader.lines.some((l) => l.endsWith(UP)), 60_000);
