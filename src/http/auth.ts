/** Finds out who calls. Keys rest in the ledger; a short memory spares it a question with every request. */

import type { Request } from 'express';
import type { Clock } from '../service/ports/clock.ts';
import type { ApiKey, Ledger } from '../service/ports/ledger.ts';
import { matchesHash, type PresentedKey, parseKey } from './api-key.ts';
import type { Caller } from './caller.ts';
import { isScope } from './scopes.ts';

/** A revoked key stops working within this time, on every process. */
const MEMORY_MS = 3_000;
/** Ids that are remembered at most, right ones and made-up ones together. */
const MEMORY_SIZE = 2_000;

interface Remembered {
  key: Promise<ApiKey | null>;
  until: number;
}

export class Authenticator {
  readonly #ledger: Pick<Ledger, 'keyById'>;
  readonly #clock: Clock;
  readonly #memory = new Map<string, Remembered>();

  constructor(ledger: Pick<Ledger, 'keyById'>, clock: Clock) {
    this.#ledger = ledger;
    this.#clock = clock;
  }

  /** The caller, or null for a key that is absent, ill-formed, unknown, wrong or revoked. Throws `ledger-unavailable`. */
  async callerOf(req: Request): Promise<Caller | null> {
    const presented = presentedKey(req);
    if (presented === null) return null;
    const key = await this.#lookUp(presented.id);
    if (key === null || !matchesHash(presented.secret, key.hash) || key.revokedAt !== null) return null;
    const { name, id, hcode, stationId } = key;
    return { name, keyId: id, scopes: new Set(key.scopes.filter(isScope)), hcode, stationId };
  }

  #lookUp(id: string): Promise<ApiKey | null> {
    const now = this.#clock.now();
    const remembered = this.#memory.get(id);
    if (remembered !== undefined && now < remembered.until) return remembered.key;
    const key = this.#ledger.keyById(id);
    // a failed question must be asked again at once
    key.catch(() => this.#memory.delete(id));
    keep(this.#memory, id, { key, until: now + MEMORY_MS });
    return key;
  }
}

/** `Authorization: Bearer <key>`, or `X-Api-Key: <key>` for programs that can set no other header. */
function presentedKey(req: Request): PresentedKey | null {
  const bearer = /^Bearer +(\S+)$/i.exec(req.get('authorization') ?? '')?.[1];
  return parseKey(bearer ?? req.get('x-api-key') ?? '');
}

/** Newest last; the oldest leaves when the map is full, so that made-up ids cannot fill the memory. */
function keep<V>(map: Map<string, V>, id: string, value: V): void {
  map.delete(id);
  map.set(id, value);
  if (map.size > MEMORY_SIZE) {
    const oldest = map.keys().next().value;
    if (oldest !== undefined) map.delete(oldest);
  }
}
