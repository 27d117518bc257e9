/** NHSO's agent as a source of cards. It shows which readers hold a card, but not whether it is still the same card. */

import type { NhsoAgent } from '../../src/service/ports/nhso-agent.ts';
import type { CardSource } from '../../src/service/ports/reader.ts';

export function agentCardSource(agent: NhsoAgent): CardSource {
  return {
    name: 'agent',
    asksNhso: true,
    look: async () =>
      (await agent.terminals()).map(({ terminalName, isPresent }) => ({
        name: terminalName,
        isPresent,
        insertion: null,
      })),
    read: () => agent.read(),
    readCardOnly: () => agent.readCardOnly(),
    close: () => agent.close(),
  };
}
