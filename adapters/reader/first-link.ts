/** Several bridges on one ledger: a read goes to the one that answers. */

import { isBridgeError } from '../../src/domain/bridge-error.ts';
import type { BridgeLink } from '../../src/service/ports/reader.ts';

/**
 * Stays with the link that answered last, and turns to the next where it does not. Which of them takes a read makes no
 * difference: they share one ledger, and a read that two have heard of is one read.
 */
export function firstLink(links: readonly BridgeLink[]): BridgeLink {
  let at = 0;
  async function first<T>(ask: (link: BridgeLink) => Promise<T>): Promise<T> {
    let unreachable: unknown;
    for (let tried = 0; tried < links.length; tried++) {
      const link = links[at];
      try {
        if (link !== undefined) return await ask(link);
      } catch (error) {
        if (!isBridgeError(error, 'bridge-unreachable')) throw error;
        unreachable = error;
        at = (at + 1) % links.length;
      }
    }
    throw unreachable;
  }
  return {
    deliver: (message) => first((link) => link.deliver(message)),
    greet: () => first((link) => link.greet()),
    get clockAheadMs() {
      return links[at]?.clockAheadMs ?? null;
    },
    async close() {
      await Promise.all(links.map((link) => link.close()));
    },
  };
}
