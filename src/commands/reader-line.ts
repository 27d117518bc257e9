/** The reader worker's part as a carrier: one line to each bridge that it was given. */

import { NhsoHttp } from '../../adapters/nhso/http.ts';
import { keepLine } from '../../adapters/nhso/line/dial.ts';
import type { LineState } from '../service/ports/agent-lines.ts';
import type { Log } from '../service/ports/log.ts';
import { lineWords } from '../service/reader/line-words.ts';

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

/** Carries until it is told to end. */
export function carryCalls(options: CarryOptions): () => void {
  const { key, log, say } = options;
  const exchange = new NhsoHttp(options.agent, { connections: CONNECTIONS });
  const lines = options.bridges.map((bridge) => {
    let hasBeenUp = false;
    const onState = (state: LineState): void => {
      log.info({ ...state, bridge: new URL(bridge).host }, 'line to the bridge');
      const words = lineWords(state, hasBeenUp);
      hasBeenUp ||= state.is === 'up';
      if (words !== null) say(words);
    };
    return keepLine({ bridge, key, exchange, log, onState });
  });
  return () => {
    for (const line of lines) line.close();
    // a call that is under way is not waited for: its answer would be heard by nobody
    exchange
      .close()
      .catch((error: unknown) => log.debug({ error }, 'the agent’s connections were not closed'));
  };
}
