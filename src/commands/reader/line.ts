/** The reader worker's part as a carrier: one line to each bridge that it was given. */

import { setTimeout as sleep } from 'node:timers/promises';
import { NhsoHttp } from '../../../adapters/nhso/http.ts';
import { keepLine } from '../../../adapters/nhso/line/dial.ts';
import type { LineState } from '../../service/ports/agent-lines.ts';
import type { Log } from '../../service/ports/log.ts';
import { lineWords } from '../../service/reader/line-words.ts';

export interface CarryOptions {
  bridges: readonly string[];
  key: string;
  agent: string;
  log: Log;
  /** A line for the clerk, Thai and English. */
  say(line: string): void;
}

/** Calls to the agent at a time, over all lines; each bridge makes one at a time, and a look at the reader beside it. */
const CONNECTIONS = 4;

/** What the agent has in hand at the end is waited for so long, ms: an answer that is heard need not be looked up. */
const GRACE_MS = 5_000;

/** Carries until it is told to end. */
export function carryCalls(options: CarryOptions): () => Promise<void> {
  const { key, log, say } = options;
  const exchange = new NhsoHttp(options.agent, { connections: CONNECTIONS });
  const lines = options.bridges.map((bridge) => {
    let hasBeenUp = false;
    let said: string | null = null;
    const onState = (state: LineState): void => {
      log.info({ ...state, bridge: new URL(bridge).host }, 'line to the bridge');
      const words = lineWords(state, hasBeenUp);
      hasBeenUp ||= state.is === 'up';
      if (words !== null && words !== said) say(words);
      said = words ?? said;
    };
    return keepLine({ bridge, key, exchange, log, onState });
  });
  return async () => {
    await Promise.all(lines.map((line) => line.close(GRACE_MS)));
    // what is still under way is heard by nobody
    await Promise.race([exchange.close(), sleep(100)]);
  };
}
