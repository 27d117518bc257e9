/** People who come to the hospital: their row in the HIS, and their card, read at a counter and sent to the bridge. */

import { randomUUID } from 'node:crypto';
import { openAgent } from '../../adapters/nhso/agent.ts';
import { openBridgeLink } from '../../adapters/reader/bridge-link.ts';
import { plainPerson } from '../../simulators/his/hosxp/sample-people.ts';
import { insertPeople, insertVisits, type NewVisit, vnAt } from '../../simulators/his/hosxp/visits.ts';
import type { CardReadMessage } from '../../src/domain/card-read.ts';
import { parseCitizenId } from '../../src/domain/citizen-id.ts';
import { cardReadMessage } from '../../src/service/reader/message.ts';
import { HCODE, type Hospital } from './hospital.ts';

const TIMEOUT_MS = 30_000;
const TIMEOUTS = {
  terminalsMs: TIMEOUT_MS,
  readMs: TIMEOUT_MS,
  draftMs: TIMEOUT_MS,
  confirmMs: TIMEOUT_MS,
  lookupMs: TIMEOUT_MS,
};

export interface Visitor {
  vn: string;
  visit: NewVisit & { vn: string };
  /** Sends the card read to the bridge. */
  showCard(): Promise<void>;
}

export interface Visitors {
  all: readonly Visitor[];
  close(): Promise<void>;
}

/** People are in the HIS, and their cards have been read with NHSO's word; no visit and no read is anywhere yet. */
export async function makeVisitors(hospital: Hospital, count: number): Promise<Visitors> {
  const people = Array.from({ length: count }, (_, i) => plainPerson(1_000 + i));
  await insertPeople(hospital.his, people);
  const counters = hospital.stations.map((stationId, i) => ({
    stationId,
    agent: openAgent({
      url: hospital.agents.urls[i] ?? '',
      ...{ hcode: HCODE, zone: 'test', timeouts: TIMEOUTS, connections: 1 },
    }),
    link: openBridgeLink({ url: hospital.bridgeUrl, key: hospital.key, timeoutMs: TIMEOUT_MS }),
  }));
  const firstVn = Number(vnAt(Date.now()));
  const all: Visitor[] = [];
  const atCounter = async (counter: (typeof counters)[number], first: number): Promise<void> => {
    for (let i = first; i < count; i += counters.length) {
      const person = people[i];
      const pid = parseCitizenId(person?.cid ?? null);
      if (person === undefined || pid === null) throw new Error('a sample person without citizen id');
      const message = await readCard(counter.agent, pid, counter.stationId);
      const now = Date.now();
      // from the present second on by count, not by second as the desk gives them: there are more than seconds
      const vn = String(firstVn + i);
      all[i] = {
        vn,
        visit: { vn, hn: person.hn, at: now, pttype: person.pttype },
        showCard: async () => {
          await counter.link.deliver({ ...message, readAt: new Date().toISOString() });
        },
      };
    }
  };
  await Promise.all(counters.map(atCounter));
  return {
    all,
    async close() {
      await Promise.all(counters.flatMap((c) => [c.agent.close(), c.link.close()]));
    },
  };
}

/** All cards at once, as many at a time as there are counters. */
export async function showCards(visitors: readonly Visitor[], atATime: number): Promise<void> {
  const queue = visitors.values();
  const counter = async (): Promise<void> => {
    for (const visitor of queue) await visitor.showCard();
  };
  await Promise.all(Array.from({ length: atATime }, counter));
}

/** All rows in one transaction: none is there for the bridge before all are. */
export async function register(hospital: Hospital, visitors: readonly Visitor[]): Promise<void> {
  const now = Date.now();
  await hospital.his.query('START TRANSACTION');
  await insertVisits(
    hospital.his,
    visitors.map((v) => ({ ...v.visit, at: now })),
  );
  await hospital.his.query('COMMIT');
}

/** The agent's look-up by number stands for the card: in the TEST zone it gives a true correlation id. */
async function readCard(
  agent: ReturnType<typeof openAgent>,
  pid: NonNullable<ReturnType<typeof parseCitizenId>>,
  stationId: string,
): Promise<CardReadMessage> {
  const data = await agent.probe(pid);
  const { correlationId } = data;
  if (correlationId === null) throw new Error('the agent gave no correlation id');
  const seen = { kind: 'full' as const, pid, at: Date.now(), data: { ...data, correlationId } };
  return cardReadMessage(randomUUID(), { stationId, hcode: HCODE }, seen);
}
