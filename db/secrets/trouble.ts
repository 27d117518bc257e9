/** What is wrong with the keys or with what rests under them, in words for whoever runs the bridge. */

import { BridgeError } from '../../src/domain/bridge-error.ts';

/** `what`: the place, what is wrong with it, and the next step; nothing of a key, a token or an account. */
export function secretsTrouble(what: string, cause?: unknown): BridgeError {
  // a cause of the file system names the file and no more
  return new BridgeError('config', what, { retry: 'no', ...(cause === undefined ? {} : { cause }) });
}

/** When the key is really lost, what it sealed is as well; every token can be had again, no photo can. */
export const IF_LOST =
  'if it is lost, "npm run tokens -- forget" removes what it sealed, and the tokens are had anew from where they come';
