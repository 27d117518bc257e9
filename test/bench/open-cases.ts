/** A ledger full of cases with work to do, made through its own commits, as a queue leaves them that dies with all its jobs. */

import { randomUUID } from 'node:crypto';
import { openHis } from '../../adapters/his/registry.ts';
import { openAgent } from '../../adapters/nhso/agent.ts';
import { openLedger } from '../../db/open-ledger.ts';
import { plainPerson } from '../../simulators/his/hosxp/sample-people.ts';
import { insertPeople, insertVisits, vnAt } from '../../simulators/his/hosxp/visits.ts';
import { serviceDateOf } from '../../src/domain/bangkok.ts';
import type { CardRead } from '../../src/domain/card-read.ts';
import type { Case } from '../../src/domain/case.ts';
import { parseCitizenId } from '../../src/domain/citizen-id.ts';
import { cardPaired, openCase } from '../../src/domain/machine/facts.ts';
import { codeIssued, confirmSending, draftSaved } from '../../src/domain/machine/obtain.ts';
import type { Change } from '../../src/domain/machine/transition.ts';
import { DEFAULT_POLICY } from '../../src/domain/requirement.ts';
import type { Visit } from '../../src/domain/visit.ts';
import type { CaseChange } from '../../src/service/ports/ledger.ts';
import { HCODE, type Hospital } from './hospital.ts';

const CLAIM_TYPE = 'PG0060001';
const POLICY = { requirement: DEFAULT_POLICY, claimType: { default: CLAIM_TYPE, rules: [] } };
const TIMEOUT_MS = 30_000;
/** Cases of one commit. */
const BATCH = 200;
/** So many reads are known to NHSO; the work of the others is never reached. */
const KNOWN_TO_NHSO = 1_000;

/** Of four cases one waits for its draft, one for its confirm, two for their write-back. */
export async function fillWithOpenCases(hospital: Hospital, count: number): Promise<void> {
  const people = Array.from({ length: count }, (_, i) => plainPerson(1_000 + i));
  await insertPeople(hospital.his, people);
  const now = Date.now();
  const first = Number(vnAt(now));
  await hospital.his.query('START TRANSACTION');
  await insertVisits(
    hospital.his,
    people.map(({ hn, pttype }, i) => ({ hn, pttype, at: now, vn: String(first + i) })),
  );
  await hospital.his.query('COMMIT');
  const his = openHis({
    ...{ hcode: HCODE, kind: 'hosxp', url: hospital.hisUrl, writeBack: 'auth_code', writeAuthDateTime: true },
    ...{ cancelledStatuses: [], connections: 2, statementTimeoutMs: TIMEOUT_MS },
  });
  const ledger = await openLedger(hospital.store);
  try {
    const visits = (await his.visitsOn(serviceDateOf(now))).toSorted((a, b) => (a.vn < b.vn ? -1 : 1));
    const known = await correlationIds(hospital, visits.slice(0, KNOWN_TO_NHSO));
    for (let at = 0; at < visits.length; at += BATCH) {
      const some = visits.slice(at, at + BATCH);
      const reads = some.map((visit, i) => readOf(visit, known[at + i] ?? randomUUID(), now));
      await Promise.all(reads.map((read) => ledger.addCardRead(read)));
      const lives = some.map((visit, i) => lifeOf(visit, reads[i], at + i, now));
      // each life's commits in their order, those of many cases together
      for (let step = 0; lives.some((life) => step < life.length); step++) {
        await ledger.commit(lives.flatMap((life) => life[step] ?? []));
      }
      // each step had gone to the queue, which is lost: nothing but the cases themselves says what is to be done
      for (let left = await ledger.outbox(BATCH); left.length > 0; left = await ledger.outbox(BATCH)) {
        await ledger.removeFromOutbox(left.map(({ id }) => id));
      }
    }
  } finally {
    await ledger.close();
    await his.close();
  }
}

function readOf(visit: Visit, correlationId: string, readAt: number): CardRead {
  const pid = parseCitizenId(visit.pid);
  if (pid === null) throw new TypeError('a sample person without citizen id');
  const nobody = { titleName: null, fname: null, lname: null, birthDate: null, sex: null, nation: null };
  return {
    ...{ id: randomUUID(), hcode: HCODE, stationId: 'counter-1', pid, readAt, correlationId, pairedVn: null },
    ...{ serviceDate: visit.serviceDate, kind: 'full', claimTypes: [], right: null, person: nobody },
    ...{ phone: null, certifier: null, receivedAt: readAt },
  };
}

function lifeOf(visit: Visit, read: CardRead | undefined, n: number, at: number): CaseChange[] {
  if (read === undefined) throw new TypeError('no read');
  const changes: CaseChange[] = [];
  let current: Case | null = null;
  const next = ({ next: after, history }: Change, reads: CaseChange['reads'] = []): Case => {
    changes.push({ next: after, from: current?.version ?? null, history, reads });
    current = after;
    return after;
  };
  const opened = next(openCase(visit, POLICY, at));
  const ready = next(cardPaired(opened, read, POLICY, at), [{ id: read.id, pairedVn: visit.vn }]);
  if (n % 4 === 0) return changes;
  const drafted = next(draftSaved(ready, at));
  if (n % 4 === 1) return changes;
  const asked = next(confirmSending(drafted, at + 45_000, at));
  const claimCode = `PP${1_000_000_000 + n}`;
  const issued = { claimCode, claimType: CLAIM_TYPE, pid: read.pid, issuedAt: at, hcode: HCODE };
  next(codeIssued(asked, issued, at));
  return changes;
}

async function correlationIds(hospital: Hospital, visits: readonly Visit[]): Promise<string[]> {
  const timeouts = { terminalsMs: TIMEOUT_MS, readMs: TIMEOUT_MS, draftMs: TIMEOUT_MS };
  const agent = openAgent({
    ...{ url: hospital.agents.urls[0] ?? '', hcode: HCODE, zone: 'test' },
    timeouts: { ...timeouts, confirmMs: TIMEOUT_MS, lookupMs: TIMEOUT_MS },
  });
  try {
    const ids: string[] = [];
    for (const visit of visits) {
      const pid = parseCitizenId(visit.pid);
      if (pid !== null) ids.push((await agent.probe(pid)).correlationId ?? '');
    }
    return ids;
  } finally {
    await agent.close();
  }
}
