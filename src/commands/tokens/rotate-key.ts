/**
 * A new secret key in the place of the old one. First the file holds both, the new one first; then every token is sealed
 * anew; then the file holds the new one alone. Whatever moment it is cut short at, the file opens every token.
 */

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { KeyFile } from '../../../db/secrets/key-file.ts';
import { HOW_TO_MAKE_A_KEY, type Keyring, newKey } from '../../../db/secrets/keyring.ts';
import type { Config } from '../../config.ts';
import { BridgeError } from '../../domain/bridge-error.ts';
import type { Ledger } from '../../service/ports/ledger.ts';

const LEASE = 'rotate-key';
/** One that was killed holds up the next for so long. */
const LEASE_MS = 10_000;
const LOOK_MS = 250;

/** Throws BridgeError `config` when the key is not this command's to change, `conflict` while another process changes it. */
export async function rotateKey(
  ledger: Ledger,
  secrets: Config['secrets'],
  write: (line: string) => void,
): Promise<void> {
  if (secrets.key !== undefined) throw notOurs();
  const file = new KeyFile(secrets.keyFile);
  const holder = `${process.pid}-${randomUUID()}`;
  await takeLease(ledger, holder, write);
  try {
    const old = await file.read();
    // tokens that no key opens: better told before anything is changed
    await ledger.tokens.list();
    if (old === null) {
      // which throws where photos rest under a key that is gone
      await ledger.tokens.reseal();
      write('There is no key yet, and nothing sealed: the first token or photo makes it. Nothing was done.');
      return;
    }
    const fresh = newKey();
    await extendLease(ledger, holder);
    file.replace([fresh, ...old.keys]);
    file.removeLeftOvers();
    const count = await ledger.tokens.reseal();
    await extendLease(ledger, holder);
    if (!isOf((await file.read()) ?? null, [fresh.id, ...old.keys.map((key) => key.id)])) throw changed(file);
    file.replace([fresh]);
    const gone = old.keys.map((key) => key.id).join(', ');
    write(`${count} sealed anew under the new key ${fresh.id}; ${gone} stands in ${file.path} no more.`);
    write(
      'Keep a copy of the key file apart from the backups of the ledger; copies of the old one open nothing new.',
    );
  } finally {
    await ledger.leases.release(LEASE, holder);
  }
}

async function takeLease(ledger: Ledger, holder: string, write: (line: string) => void): Promise<void> {
  const until = performance.now() + 2 * LEASE_MS;
  for (let tries = 0; !(await ledger.leases.take(LEASE, holder, LEASE_MS, Date.now())); tries++) {
    if (performance.now() > until) throw atWork();
    if (tries === 0) write('Another rotate-key is at work, or was killed a moment ago: waiting for its end.');
    await sleep(LOOK_MS);
  }
}

/** Before each change of the file, which is read, changed and written: two at a time would undo each other. */
async function extendLease(ledger: Ledger, holder: string): Promise<void> {
  if (!(await ledger.leases.take(LEASE, holder, LEASE_MS, Date.now()))) throw atWork();
}

function isOf(ring: Keyring | null, ids: readonly string[]): boolean {
  return ring !== null && ring.keys.map((key) => key.id).join() === ids.join();
}

function atWork(): BridgeError {
  return new BridgeError('conflict', 'another rotate-key is at work; run this again when it has ended', {
    retry: 'yes',
  });
}

function changed(file: KeyFile): BridgeError {
  const what = `${file.name} was changed by somebody else meanwhile; the old keys were left in it`;
  return new BridgeError('conflict', `${what}. Run this again`, { retry: 'yes' });
}

function notOurs(): BridgeError {
  const lines = [
    'secrets.key: the key comes out of the configuration (the environment), which this command cannot change; nothing was done. Instead:',
    `  1. Make a new key: ${HOW_TO_MAKE_A_KEY}`,
    '  2. Let secrets.key hold two lines (or both parted by a comma): the new key, then the old one. Restart every bridge.',
    '  3. npm run tokens -- reseal',
    '  4. Take the old key out of secrets.key and restart every bridge.',
  ];
  return new BridgeError('config', lines.join('\n'), { retry: 'no' });
}
