/** What `store` names, for the commands that handle a ledger as a whole. */

import { resolve } from 'node:path';
import { BridgeError } from '../../domain/bridge-error.ts';

export type Store = { kind: 'file'; path: string } | { kind: 'postgres'; shown: string };

export function storeOf(store: string): Store {
  if (store === 'sqlite::memory:') refuse('store', 'a ledger in memory cannot be backed up or restored');
  if (store.startsWith('sqlite:')) return { kind: 'file', path: resolve(store.slice('sqlite:'.length)) };
  const url = new URL(store);
  // shown on a screen, and put into a crontab
  url.password = '';
  return { kind: 'postgres', shown: url.href };
}

export function refuse(what: string, why: string): never {
  throw new BridgeError('bad-input', `${what}: ${why}`, { retry: 'no' });
}
