/** A whole hospital for one run, made as the plan says: real servers, real processes, and a clock that may be elsewhere. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NhsoCentre } from '../../../simulators/nhso-agent/centre.ts';
import type { JournalEntry } from '../../../simulators/nhso-agent/journal.ts';
import type { Scope } from '../../../src/http/scopes.ts';
import { addKey } from '../../support/api-key.ts';
import { awayFromMidnightMs, untilMidnightMs } from '../../support/away-from-midnight.ts';
import type { Started } from '../../support/services/start.ts';
import { CLOCK_KINDS, DAY_MS } from '../fault-kinds.ts';
import type { Plan } from '../plan.ts';
import { AgentClient } from './agent-client.ts';
import { Bridges } from './bridges.ts';
import { FakeClock, fakeTimeLibrary } from './clock.ts';
import { Counter } from './counter.ts';
import { HCODE, His } from './his.ts';
import { type LedgerPlace, openLedgerPlace } from './ledger.ts';
import { openQueuePlace, type QueuePlace } from './queue.ts';

/** The servers of a worker, which its runs use one after the other. */
export interface Servers {
  mariadb: Started;
  postgres: Started;
}

export interface World {
  folder: string;
  his: His;
  ledger: LedgerPlace;
  queue: QueuePlace;
  centre: NhsoCentre;
  bridges: Bridges;
  counters: readonly Counter[];
  /** The program of another maker at each counter. */
  clients: readonly AgentClient[];
  /** By citizen id, who wants to know at once that NHSO has answered a confirm. */
  onConfirm: Map<string, () => void>;
  /** The bridges' clock; null: it is ours, and libfaketime is not needed. */
  clock: FakeClock | null;
  /** The hospital's clock, UTC epoch ms. */
  now(): number;
  /** @param keep leaves the folder with logs and ledger where it is */
  close(keep: boolean): Promise<void>;
}

/** How long the bridges wait for the answer to a confirm. */
export const CONFIRM_MS = 2_500;

const HOUR_MS = 3_600_000;
const DAY_LENGTH_MS = 24 * HOUR_MS;

export async function openWorld(plan: Plan, servers: Servers): Promise<World> {
  const { setup } = plan;
  const folder = mkdtempSync(join(tmpdir(), `abf-${plan.seed}-`));
  const closing: (() => Promise<unknown>)[] = [];
  const close = async (keep: boolean): Promise<void> => {
    const failed: unknown[] = [];
    for (const end of closing.splice(0).reverse()) {
      await end().catch((error: unknown) => failed.push(error)); // the rest is closed all the same
    }
    if (failed.length > 0) throw new AggregateError(failed, `not closed: ${failed.join(', ')}`);
    if (!keep) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const aheadMs = shiftOf(plan, Date.now());
    const now = (): number => Date.now() + aheadMs;
    const needsClock = aheadMs !== 0 || plan.faults.some(({ kind }) => CLOCK_KINDS.includes(kind));
    const library = fakeTimeLibrary();
    if (needsClock && library === null) throw new Error("libfaketime is missing: install Debian's faketime");
    const clockFor = (name: string): FakeClock | null =>
      needsClock && library !== null ? new FakeClock(join(folder, name), library, aheadMs) : null;
    const clock = clockFor('clock-of-bridges');

    const his = await His.open(setup.his === 'postgres' ? servers.postgres : servers.mariadb, setup.his);
    closing.push(() => his.close());
    const ledger = await openLedgerPlace(setup.ledger, folder, servers.postgres);
    closing.push(() => ledger.close());
    const queue = await openQueuePlace(setup.queue, servers.postgres);
    closing.push(() => queue.close());
    const key = await addKey(ledger.direct, 'faults');

    const centre = new NhsoCentre({ limitPerDay: setup.codesPerDay });
    centre.clockOffsetMs = aheadMs;
    const ids = Array.from({ length: setup.counters }, (_, i) => `counter-${i + 1}`);
    const counters: Counter[] = [];
    const clients: AgentClient[] = [];
    const onConfirm = new Map<string, () => void>();
    const onCall = ({ call, pid }: JournalEntry): void => {
      if (call === 'confirm-save' && pid !== null) onConfirm.get(pid)?.();
    };
    closing.push(() => Promise.all(counters.map((counter) => counter.close())));

    // readers need the bridges' address, the bridges' configuration the agents': the address comes first
    const stations: object[] = [];
    const bridges = await Bridges.open({
      ...{ folder, key, count: setup.bridges, env: clock?.env ?? {} },
      config: () => configOf({ his, ledger, queue, stations, ratePerSecond: setup.ratePerSecond }),
    });
    closing.push(() => bridges.close());
    const env = clockFor('clock-of-counters')?.env ?? {};
    const keyOf = (id: string, ...scopes: Scope[]): Promise<string> =>
      addKey(ledger.direct, id, { scopes, hcode: HCODE, stationId: id });
    for (const [i, id] of ids.entries()) {
      const isCarried = setup.agents[i] === 'reader';
      const counter = await Counter.open({
        ...{ id, folder, centre, env, now, onCall },
        key: isCarried ? await keyOf(id, 'card-reads:write', 'agent-line:carry') : key,
        // a line leads to one bridge: it needs each one's own address
        bridgeUrls: isCarried ? bridges.urls : [bridges.url],
      });
      clients.push(new AgentClient(bridges.url, await keyOf(id, 'agent-api:use')));
      counters.push(counter);
      stations.push({ id, ...(isCarried ? { agent: 'reader' } : { agentUrl: counter.agent.url }) });
    }
    return { folder, his, ledger, queue, centre, bridges, counters, clients, onConfirm, clock, now, close };
  } catch (error) {
    await close(false);
    throw error;
  }
}

/** Short times, so that a day fits into seconds; in proportion to each other as the defaults are. */
function configOf(parts: {
  his: His;
  ledger: LedgerPlace;
  queue: QueuePlace;
  stations: readonly object[];
  ratePerSecond: number;
}): object {
  return {
    store: parts.ledger.store,
    queue: parts.queue.queue,
    sites: [
      {
        hcode: HCODE,
        his: {
          kind: 'hosxp',
          url: parts.his.url,
          pollSeconds: 0.3,
          quietHours: { pollSeconds: 1 },
          digestSeconds: 1,
          statementTimeoutMs: 2_000,
        },
        stations: parts.stations,
        nhso: {
          ratePerSecond: parts.ratePerSecond,
          // two look-ups after a lost answer both come before a confirm's time is over, as with the defaults
          settleSeconds: 0.8,
          breaker: { failures: 3, probeSeconds: 0.5 },
          offlineLookupMinutes: 0.03,
          timeouts: {
            terminalsMs: 1_000,
            readMs: 2_500,
            draftMs: 2_500,
            confirmMs: CONFIRM_MS,
            lookupMs: 2_500,
          },
        },
      },
    ],
  };
}

/**
 * How far ahead of ours the hospital's right clock is, ms: a seed is to be the same day at whatever hour it is run, and an hour ahead
 * at eleven at night is another day.
 */
function shiftOf({ setup, timeOfDay }: Plan, at: number): number {
  if (setup.midnight) return untilMidnightMs(at) - DAY_MS * 0.6;
  if (timeOfDay !== null) {
    const [hours = 0, minutes = 0] = timeOfDay.split(':').map(Number);
    return (untilMidnightMs(at) + hours * HOUR_MS + minutes * 60_000) % DAY_LENGTH_MS;
  }
  return awayFromMidnightMs(at);
}
