/** What is said when a token cannot be had from its source. Never a word of what stands there. */

import { BridgeError, type Retry } from '../../../src/domain/bridge-error.ts';

/**
 * @param retry `yes` when it may pass (a file that is being written, a share that is away), `no` for something of another form
 * @param reason the system's error code
 */
export function unreadable(source: string, why: string, retry: Retry, reason?: string): BridgeError {
  const detail = reason === undefined ? { source } : { source, reason };
  return new BridgeError('token-unreadable', `${source}: ${why}`, { retry, detail });
}
