/**
 * Makes a new token where that needs no person, in one process at a time: a second log-in kills the token of the first. The
 * lease in the ledger sees to it. A process that dies meanwhile holds the others up only until its lease ends.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { BridgeError, isBridgeError } from '../../domain/bridge-error.ts';
import type { FoundToken, StoredToken } from '../ports/tokens.ts';
import type { Place, TokenHouse } from './house.ts';

/** Longer than a renewal with its time-out and the ledger's part; as long as a process that died holds up the others. */
export const LEASE_MS = 30_000;

/** How often whoever waits looks whether the other one is done. */
const LOOK_MS = 100;

/** NHSO has made the new pair and forgotten the old one: it is not given up soon when the ledger is away just then. */
const KEEP_MS = 60_000;

export interface RenewalOptions {
  /** Of this process, and of no other. */
  holder: string;
  leaseMs: number;
  /** Whether a token that is found serves: then nobody logs in. */
  isFit: (token: StoredToken) => boolean;
  /** The process is about to end: it waits for no other. */
  isEnding: () => boolean;
}

/**
 * Returns a token that serves, made by this process or by another one. Throws what the source's `renew` throws
 * (`nhso-unavailable`, `token-refused`), and `ledger-unavailable`.
 */
export async function renewAlone(
  house: TokenHouse,
  place: Place,
  options: RenewalOptions,
): Promise<StoredToken | null> {
  const { leases, tokens } = house.ledger;
  const { hcode, source } = place;
  const name = `token-renewal/${hcode}/${source.kind}`;
  const giveUpAt = performance.now() + 2 * options.leaseMs;
  for (;;) {
    const stood = await tokens.get(hcode, source.kind);
    if (stood === null || options.isFit(stood)) return stood;
    if (await leases.take(name, options.holder, options.leaseMs, house.clock.now())) {
      try {
        return await renewHeld(house, place, options);
      } finally {
        await letGo(house, name, options.holder);
      }
    }
    if (options.isEnding() || performance.now() > giveUpAt) {
      throw new BridgeError('nhso-unavailable', 'another process has been renewing the token for too long', {
        retry: 'yes',
      });
    }
    await sleep(LOOK_MS * (0.5 + Math.random()));
  }
}

async function renewHeld(
  house: TokenHouse,
  place: Place,
  { isFit }: RenewalOptions,
): Promise<StoredToken | null> {
  const { hcode, source } = place;
  // whoever held the lease before may have done it
  const stood = await house.ledger.tokens.get(hcode, source.kind);
  if (stood === null || source.renew === undefined || isFit(stood)) return stood;
  const counted = (outcome: string): void =>
    house.metrics.count('token-renewals', { site: hcode, kind: source.kind, outcome });
  try {
    const renewed = await source.renew(stood);
    counted('ok');
    await keep(house, place, renewed, stood.generation);
  } catch (error) {
    if (isBridgeError(error, 'nhso-unavailable', 'token-refused')) counted(error.code);
    throw error;
  }
  house.log.info({ site: hcode, kind: source.kind }, 'the token was renewed');
  return house.ledger.tokens.get(hcode, source.kind);
}

/**
 * Stores the new pair. Was another process faster (this one hung for longer than its lease), the later log-in of the two is the
 * living one.
 */
async function keep(
  { ledger, log }: TokenHouse,
  { hcode, source }: Place,
  renewed: FoundToken,
  after: number,
): Promise<void> {
  const giveUpAt = performance.now() + KEEP_MS;
  const token = { ...renewed, source: source.name };
  let stands = after;
  for (;;) {
    try {
      if (await ledger.tokens.put(hcode, source.kind, stands, token)) return;
      const other = await ledger.tokens.get(hcode, source.kind);
      if (other !== null && other.obtainedAt > renewed.obtainedAt) return;
      stands = other?.generation ?? 0;
    } catch (error) {
      const mayPass = isBridgeError(error, 'ledger-unavailable', 'conflict');
      if (!mayPass || performance.now() > giveUpAt) throw error;
      log.warn({ site: hcode, kind: source.kind }, 'a renewed token could not be stored; it is tried again');
      await sleep(1_000);
    }
  }
}

async function letGo({ ledger, log }: TokenHouse, name: string, holder: string): Promise<void> {
  try {
    await ledger.leases.release(name, holder);
  } catch (error) {
    if (!isBridgeError(error)) throw error;
    log.warn({ lease: name, code: error.code }, 'a lease could not be given back; it ends by itself');
  }
}
