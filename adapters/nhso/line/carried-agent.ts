/** An agent that is reached over its reader worker's line: the same adapter, the same errors, another way to it. */

import type { LinePlace } from '../../../src/service/ports/agent-lines.ts';
import type { NhsoAgent } from '../../../src/service/ports/nhso-agent.ts';
import { type AgentOptions, agentOver } from '../agent.ts';
import { carriedCallOf } from './calls.ts';
import type { Lines } from './lines.ts';

export interface CarriedAgentOptions extends Pick<AgentOptions, 'hcode' | 'zone' | 'timeouts'> {
  stationId: string;
  lines: Lines;
}

export function openCarriedAgent({ lines, stationId, ...options }: CarriedAgentOptions): NhsoAgent {
  const place: LinePlace = { hcode: options.hcode, stationId };
  lines.expect(place);
  const exchange = {
    url: `reader://${stationId}`,
    send: async (request: Parameters<typeof carriedCallOf>[0] & { timeoutMs: number }) =>
      lines.ask(place, carriedCallOf(request), request.timeoutMs),
    // the lines are their opener's
    close: () => Promise.resolve(),
  };
  return agentOver(exchange, options);
}
