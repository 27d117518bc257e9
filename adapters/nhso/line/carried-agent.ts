/** An agent that is reached over its reader worker's line: the same adapter, the same errors, another way to it. */

import type { LinePlace } from '../../../src/service/ports/agent-lines.ts';
import type { PipedAgent } from '../../../src/service/ports/agent-pipe.ts';
import { type AgentOptions, agentOver } from '../agent.ts';
import { type NhsoExchange, NoAnswer } from '../http.ts';
import { carriedCallOf } from './calls.ts';
import type { Lines } from './lines.ts';

export interface CarriedAgentOptions extends Pick<AgentOptions, 'hcode' | 'zone' | 'timeouts'> {
  stationId: string;
  lines: Lines;
}

export function openCarriedAgent({ lines, stationId, ...options }: CarriedAgentOptions): PipedAgent {
  const place: LinePlace = { hcode: options.hcode, stationId };
  lines.expect(place);
  let isClosed = false;
  const exchange: NhsoExchange = {
    url: `reader://${stationId}`,
    async send(request) {
      if (isClosed) throw new NoAnswer('unreachable', false, 'closed');
      return lines.ask(place, carriedCallOf(request), request.timeoutMs);
    },
    async close() {
      // the lines are their opener's
      isClosed = true;
    },
  };
  return { ...agentOver(exchange, options), isAway: () => lines.isAway(place) };
}
