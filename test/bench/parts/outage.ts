/**
 * (f) Outage: NHSO is down through three minutes of a morning, at five counters, with two bridges. Rates and times are real
 * (2,000 visits an hour at the readers, a probe a minute), only the outage is short; more visits whose cards were read
 * alone come over the API, so that the work afterwards has some size: 300, or with `three-hours` as many as such an outage
 * leaves. Of all these a third are read again afterwards, a third get their code by NHSO's LINE account, for a third nothing more
 * is done; then comes midnight. 50 visits of the day before are entered late.
 */

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { openAgent } from '../../../adapters/nhso/agent.ts';
import { plainPerson } from '../../../simulators/his/hosxp/sample-people.ts';
import { insertPeople, insertVisits, vnAt } from '../../../simulators/his/hosxp/visits.ts';
import type { JournalEntry } from '../../../simulators/nhso-agent/journal.ts';
import { parseCitizenId } from '../../../src/domain/citizen-id.ts';
import { percentile } from '../figures.ts';
import { HCODE } from '../hospital.ts';
import { type Morning, openMorning } from '../morning.ts';
import type { BenchContext, Part, PartResult } from '../part.ts';

const DOWN_MS = 180_000;
/** Until every part has met the outage: what they do in it is counted apart. */
const ONSET_MS = 20_000;
const RATE = 10;
const BRIDGES = 2;
const VISITS_AN_HOUR = 2_000;
const OF_YESTERDAY = 50;
const DAY_MS = 86_400_000;
const WINDOW_MS = 5_000;
const MINUTE_MS = 60_000;
const NOT_READ_AGAIN = 'needs-staff service-day-over card-not-read-again';

interface Size {
  /** Of the part. */
  name: string;
  byApi: number;
  /** From the start of the outage, ms. */
  midnightInMs: number;
  /** After midnight, until every case is to stand still, ms. */
  nightMs: number;
}

interface CasePage {
  items: { vn: string; state: string; reason: string | null; reasonDetail: string | null }[];
  /** Address of the next page. */
  next: string | null;
}

interface Person {
  vn: string;
  pid: string;
}

export const outage: Part = (context) =>
  measure(context, { name: 'outage', byApi: 300, midnightInMs: 6.5 * 60_000, nightMs: 90_000 });

/** NHSO is back some minutes before midnight: not all that waits can be done by then, but all that must be. */
export const threeHours: Part = (context) =>
  measure(context, { name: 'three-hours', byApi: 5_900, midnightInMs: 12 * 60_000, nightMs: 600_000 });

async function measure({ say, mariadb, postgres, redis }: BenchContext, size: Size): Promise<PartResult> {
  if (postgres === null) {
    say('no PostgreSQL here: left out');
    return { figures: [], facts: {} };
  }
  const morning = await openMorning(
    { mariadb, redis, postgres },
    { midnightIn: size.midnightInMs, rate: RATE },
  );
  try {
    return await run(morning, size, say);
  } finally {
    await morning.close();
  }
}

async function run(
  morning: Morning,
  { name: part, byApi: count, midnightInMs, nightMs }: Size,
  say: BenchContext['say'],
): Promise<PartResult> {
  const { centre, bridges, counters } = morning;
  const yesterday = await register(morning, 5_000, OF_YESTERDAY, morning.now() - DAY_MS);
  centre.outage = { how: '500', delayMs: 0 };
  for (let i = 0; i < BRIDGES; i++) bridges.start(i);
  await bridges.untilUp();
  for (const counter of counters) counter.reader.start();
  const downAt = morning.now();
  const midnight = downAt + midnightInMs;

  say(
    `NHSO is down; ${VISITS_AN_HOUR} visits an hour at ${counters.length} counters, ${count} more over the API`,
  );
  const atCounters = await serve(morning, DOWN_MS);
  const byApi = await register(morning, 10_000, count, morning.now());
  for (const person of byApi) await sendRead(morning, person, null);
  const upAt = morning.now();
  centre.outage = null;

  const everybody = [...atCounters, ...byApi];
  const third = (n: number): Person[] => everybody.filter((_, i) => i % 3 === n);
  for (const { pid } of third(1)) centre.issue({ pid, hcode: HCODE, channel: 'line' });
  say('NHSO is up again; a third of the cards are read once more');
  const agent = openAgent({
    url: counters[0]?.agent.url ?? '',
    hcode: HCODE,
    zone: 'test',
    timeouts: TIMEOUTS,
  });
  for (const person of third(0)) {
    const { correlationId } = await agent.probe(must(parseCitizenId(person.pid)));
    await sendRead(morning, person, correlationId);
  }
  await agent.close();
  say('waiting for midnight');
  while (morning.now() < midnight + nightMs) await sleep(1_000);

  const journal = centre.journal
    .entries()
    .filter((e) => e.call !== 'terminals' && e.call !== 'read-card-only');
  const at = (e: JournalEntry): number => Date.parse(e.at);
  const meanwhile = journal.filter((e) => at(e) >= downAt + ONSET_MS && at(e) < upAt);
  const onset = journal.filter((e) => at(e) < downAt + ONSET_MS);
  const isReader = (e: JournalEntry): boolean => e.call === 'read';
  const work = journal.filter((e) => at(e) >= upAt && e.call !== 'probe' && e.call !== 'read');
  const yesterdays = new Set(yesterday.map((p) => p.pid));
  const lookups = work.filter((e) => e.call === 'latest-authen-code' && at(e) < midnight);
  const places = lookups.flatMap((e, i) => (yesterdays.has(e.pid ?? '') ? [i] : []));

  const cases = await casesOf(morning);
  const stands = (people: readonly Person[], ...wanted: string[]): number =>
    people.filter((p) => wanted.includes(cases.get(p.vn) ?? '')).length;
  const lost = [...everybody, ...yesterday].filter((p) => !cases.has(p.vn)).length;
  const asked = centre.confirms();
  const figure = (
    name: string,
    value: number,
    unit: string,
    aim?: { atMost: number } | { atLeast: number },
  ) => ({
    ...{ part, name, value, unit },
    ...(aim === undefined ? {} : { aim }),
  });
  const share = (n: number, of: readonly unknown[]): number => (100 * n) / of.length;
  return {
    figures: [
      figure('calls to NHSO while it is down, most in a minute', most(meanwhile.map(at), MINUTE_MS), '', {
        atMost: 2,
      }),
      figure('of all these by readers', meanwhile.filter(isReader).length, ''),
      figure(`calls in the first ${ONSET_MS / 1_000} s`, onset.length, ''),
      figure(
        'failed reads before a counter reads the card alone',
        mostFailedReads(morning, journal, upAt),
        '',
        { atMost: 1 },
      ),
      figure(
        'end of the outage to the first work',
        ((work[0] ? at(work[0]) : Number.NaN) - upAt) / 1_000,
        's',
        { atMost: 60 },
      ),
      figure(
        `calls a second afterwards, most in ${WINDOW_MS / 1_000} s`,
        most(work.map(at), WINDOW_MS) / (WINDOW_MS / 1_000),
        '',
        {
          atMost: BRIDGES * RATE + 1,
        },
      ),
      figure("yesterday's look-ups: place of the last among all", Math.max(...places) + 1, '', {
        atMost: 2 * OF_YESTERDAY,
      }),
      figure('read again: code in the HIS', share(stands(third(0), 'written'), third(0)), '%', {
        atLeast: 100,
      }),
      figure('last of them after the end of the outage', lastWritten(work, upAt), 's'),
      figure(
        'the same beside what their drafts and confirms take at that rate',
        lastWritten(work, upAt) / ((2 * third(0).length) / (BRIDGES * RATE)),
        '×',
        { atMost: 1.5 },
      ),
      figure('code by LINE: found and in the HIS', share(stands(third(1), 'written'), third(1)), '%', {
        atLeast: 100,
      }),
      figure(
        'nothing more done: on the list, with the reason',
        share(third(2).filter((p) => cases.get(p.vn)?.startsWith(NOT_READ_AGAIN)).length, third(2)),
        '%',
        { atLeast: 100 },
      ),
      figure('visits without a case', lost, '', { atMost: 0 }),
      figure('codes asked for twice', asked.filter((c) => c.asked > 1).length, '', { atMost: 0 }),
    ],
    facts: {
      visits: everybody.length,
      ofYesterday: OF_YESTERDAY,
      upBeforeMidnightS: (midnight - upAt) / 1_000,
      states: tally([...cases.values()]),
      onset: tally(onset.map((e) => e.call)),
      meanwhile: tally(meanwhile.map((e) => e.call)),
    },
  };
}

/** Patients come to the counters at the hospital's rate; resolves when the last one has been served. */
async function serve(morning: Morning, forMs: number): Promise<Person[]> {
  const people: Person[] = [];
  const waiting: Promise<void>[] = [];
  const end = Date.now() + forMs;
  for (let i = 0; Date.now() < end; i++) {
    const [person] = await register(morning, 1_000 + i, 1, morning.now());
    if (person !== undefined) {
      people.push(person);
      waiting.push(morning.counters[i % morning.counters.length]?.card(person.pid) ?? Promise.resolve());
    }
    await sleep(3_600_000 / VISITS_AN_HOUR);
  }
  await Promise.all(waiting);
  return people;
}

async function register(morning: Morning, first: number, count: number, at: number): Promise<Person[]> {
  const people = Array.from({ length: count }, (_, i) => plainPerson(first + i));
  await insertPeople(morning.his, people);
  const vn = Number(vnAt(at));
  const visits = people.map(({ hn, pttype }, i) => ({
    hn,
    pttype,
    at,
    vn: `${vn + i}${count > 1 ? '9' : ''}`,
  }));
  await insertVisits(morning.his, visits);
  return people.map(({ cid }, i) => ({ vn: visits[i]?.vn ?? '', pid: cid ?? '' }));
}

async function sendRead(morning: Morning, { pid }: Person, correlationId: string | null): Promise<void> {
  const kind = correlationId === null ? 'card-only' : 'full';
  const readAt = new Date(morning.now()).toISOString();
  const message = {
    id: randomUUID(),
    hcode: HCODE,
    stationId: 'counter-1',
    pid,
    readAt,
    kind,
    correlationId,
  };
  const answer = await fetch(`${morning.bridges.url}/api/card-reads`, {
    method: 'POST',
    headers: { authorization: `Bearer ${morning.key}`, 'content-type': 'application/json' },
    body: JSON.stringify(message),
  });
  if (!answer.ok) throw new Error(`card read: ${answer.status} ${await answer.text()}`);
}

/** `state reason detail` by visit number. */
async function casesOf({ bridges }: Morning): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  let path: string | null = `/api/cases?site=${HCODE}&limit=500`;
  while (path !== null) {
    const page: CasePage = await bridges.get<CasePage>(path);
    for (const c of page.items) {
      found.set(c.vn, [c.state, c.reason, c.reasonDetail].filter((word) => word !== null).join(' '));
    }
    path = page.next === null ? null : page.next.slice(page.next.indexOf('/api/'));
  }
  return found;
}

/** Over the counters: full reads that failed before its first card was told. */
function mostFailedReads({ counters }: Morning, journal: readonly JournalEntry[], upAt: number): number {
  return Math.max(
    ...counters.map(({ agent, told }) => {
      const until = told[0]?.at ?? upAt;
      return journal.filter(
        (e) => e.call === 'read' && e.agent.endsWith(`@${agent.port}`) && Date.parse(e.at) <= until,
      ).length;
    }),
  );
}

/** The most of these instants that lie within so many ms. */
function most(times: readonly number[], windowMs: number): number {
  return Math.max(0, ...times.map((from) => times.filter((t) => t >= from && t < from + windowMs).length));
}

function lastWritten(work: readonly JournalEntry[], upAt: number): number {
  const confirms = work.filter((e) => e.call === 'confirm-save' && e.outcome === 'answered');
  return (
    (percentile(
      confirms.map((e) => Date.parse(e.at)),
      1,
    ) -
      upAt) /
    1_000
  );
}

function tally(words: readonly string[]): Record<string, number> {
  return Object.fromEntries([...Map.groupBy(words, (w) => w)].map(([w, all]) => [w, all.length]));
}

function must<T>(value: T | null): T {
  if (value === null) throw new TypeError('a sample person without citizen id');
  return value;
}

const TIMEOUTS = { terminalsMs: 5_000, readMs: 5_000, draftMs: 5_000, confirmMs: 5_000, lookupMs: 5_000 };
