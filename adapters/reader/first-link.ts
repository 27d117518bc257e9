/** Several bridges on one ledger: a read goes to the one that answers. */

import { isBridgeError } from '../../src/domain/bridge-error.ts';
import type { BridgeLink } from '../../src/service/ports/reader.ts';
import type { AfterFailure, BridgeTurns } from './bridge-turns.ts';

/** Which bridge takes a read makes no difference: a read that two have heard of is one read. */
export function firstLink(links: readonly BridgeLink[], turns: BridgeTurns): BridgeLink {
  return {
    deliver: (message) => turns.ask(links, (link) => link.deliver(message), afterFailure),
    greet: () => turns.ask(links, (link) => link.greet(), afterFailure),
    get clockAheadMs() {
      // one that the reader's door has turned to was perhaps not greeted yet
      const clocks = turns.inTurn(links).map((link) => link.clockAheadMs);
      return clocks.find((ms) => ms !== null) ?? null;
    },
    async close() {
      await Promise.all(links.map((link) => link.close()));
    },
  };
}

function afterFailure(error: unknown): AfterFailure {
  return isBridgeError(error, 'bridge-unreachable') ? 'next' : 'stay';
}
