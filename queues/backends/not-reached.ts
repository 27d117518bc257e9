/** The error for a server that could not be opened, in words that tell an absent server from a wrong login. */

import { BridgeError } from '../../src/domain/bridge-error.ts';

/**
 * @param server its name for people
 * @param reason the server's or the network's own words, free of secrets
 * @param refused the server is there but does not let us in: trying again will not help
 */
export function notReached(
  server: string,
  url: string,
  reason: string,
  refused: boolean,
  cause: unknown,
): BridgeError {
  const detail = { check: 'queue-reachable' };
  const at = `${server} at ${new URL(url).host}`;
  if (refused) {
    const message = `${at} does not let the bridge in: ${reason}. Correct user, password or database in "queue".`;
    return new BridgeError('config', message, { retry: 'no', cause, detail });
  }
  return new BridgeError('queue-unavailable', `${at} cannot be reached: ${reason}`, {
    retry: 'yes',
    cause,
    detail,
  });
}
