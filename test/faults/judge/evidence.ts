/** What is known when all is over: the HIS's own rows, NHSO's own journal, what the clerks saw, and the bridge's word. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openLedger } from '../../../db/open-ledger.ts';
import type { CentreCode } from '../../../simulators/nhso-agent/centre.ts';
import type { JournalEntry } from '../../../simulators/nhso-agent/journal.ts';
import { addDays, serviceDateOf } from '../../../src/domain/bangkok.ts';
import type { CardRead } from '../../../src/domain/card-read.ts';
import type { CaseDetailJson, CaseJson } from '../../../src/http/schemas/case.ts';
import type { ClientAskJson } from '../../../src/http/schemas/client-ask.ts';
import type { Diary } from '../day.ts';
import type { ToldRead } from '../world/counter.ts';
import { type CodeChange, HCODE } from '../world/his.ts';
import type { World } from '../world/world.ts';
import { codesNotInHis, codesNowhere, type WhereCodesAre } from './nowhere.ts';

/** From the moment that stands in a read until the clerk is told of it, at most, ms. */
const READ_TAKES_MS = 3_000;

/** How long the bridge may take to be done once all is well again, ms. */
const SETTLE_MS = 150_000;

export interface Evidence {
  diary: Diary;
  /** What stands in the HIS: visit number to code. */
  hisCodes: ReadonlyMap<string, string | null>;
  changes: readonly CodeChange[];
  journal: readonly JournalEntry[];
  codes: readonly CentreCode[];
  told: readonly ToldRead[];
  /** Reads that the ledger holds of the people who were told that theirs was read. */
  reads: readonly CardRead[];
  cases: ReadonlyMap<string, CaseDetailJson>;
  /** What clients of the agent API have asked for and a person must look at. */
  asks: readonly ClientAskJson[];
  /** Each line that a process of ours wrote. */
  logs: readonly { file: string; line: string }[];
  /** Ends of processes that nobody had asked for. */
  ends: readonly string[];
  /** By the hospital's clock. */
  today: string;
  /** What was not done in time; empty when everything stands still. */
  unsettled: readonly string[];
  /** From all being well to everything standing still, ms. */
  settledAfterMs: number;
}

export async function gather(world: World, diary: Diary): Promise<Evidence> {
  const begun = Date.now();
  const unsettled = await untilSettled(world, diary);
  const settledAfterMs = Date.now() - begun;
  const told = world.counters.flatMap((counter) => counter.told);
  return {
    ...{ diary, told, unsettled, settledAfterMs },
    ...(await whereCodesAre(world, diary)),
    changes: await world.his.changes(),
    journal: world.centre.journal.entries(),
    reads: await readsOf(world, told),
    logs: logsOf(world.folder),
    ends: [...world.bridges.all, ...world.counters.map((c) => c.reader)].flatMap((p) => p.ends),
    today: serviceDateOf(world.now()),
  };
}

/** Looks until everything stands still; what still moves when the time is over is returned. */
async function untilSettled(world: World, diary: Diary): Promise<string[]> {
  const end = Date.now() + SETTLE_MS;
  let calm = 0;
  for (;;) {
    const moving = await restlessness(world, diary);
    // a code that nobody shows yet may turn up when it is looked for once more
    const restless = moving.length === 0 ? await hidden(world, diary) : moving;
    // twice in a row: between two looks a step may be on its way
    calm = restless.length === 0 ? calm + 1 : 0;
    if (calm === 3) return [];
    if (Date.now() > end) return restless;
    await sleep(500);
  }
}

async function whereCodesAre(world: World, diary: Diary): Promise<WhereCodesAre & Pick<Evidence, 'diary'>> {
  const cases = new Map<string, CaseDetailJson>();
  for (const { vn } of await allCases(world)) {
    cases.set(vn, await world.bridges.get<CaseDetailJson>(`/api/cases/${HCODE}/${vn}`));
  }
  return { diary, cases, asks: await asksForAPerson(world), ...(await codesAtRest(world)) };
}

async function codesAtRest(world: World): Promise<Pick<Evidence, 'codes' | 'hisCodes'>> {
  const visits = await world.his.visits();
  return { codes: world.centre.codes(), hisCodes: new Map(visits.map(({ vn, code }) => [vn, code])) };
}

/** Codes that were issued to us and stand nowhere. Most days have none that must be looked for. */
async function hidden(world: World, diary: Diary): Promise<string[]> {
  if (codesNotInHis({ diary, ...(await codesAtRest(world)) }).length === 0) return [];
  return codesNowhere(await whereCodesAre(world, diary)).map((claimCode) => `${claimCode} is nowhere`);
}

const AT_REST = ['written', 'needs-staff', 'not-required', 'expired', 'cancelled', 'closed'];
/** Rest too, as long as the day lasts. */
const WAITING = ['awaiting-card', 'offline'];

async function restlessness(world: World, diary: Diary): Promise<string[]> {
  let cases: CaseJson[];
  try {
    cases = await allCases(world);
  } catch (error) {
    return [`the API does not answer: ${error instanceof Error ? error.message : String(error)}`];
  }
  const waiting = spooled(world.folder);
  if (waiting > 0) return [`${waiting} reads wait at the counters`];
  const byVn = new Map(cases.map((c) => [c.vn, c]));
  const standing = new Set((await world.his.visits()).map((v) => v.vn));
  const today = serviceDateOf(world.now());
  const restless: string[] = [];
  for (const { vn, person } of diary.visits) {
    const found = byVn.get(vn);
    if (found === undefined) {
      if (standing.has(vn)) restless.push(`${vn}: the ledger has no case of it`);
      continue;
    }
    const { state, reason, serviceDate } = found;
    const isWaiting = WAITING.includes(state) && serviceDate >= today;
    if (!AT_REST.includes(state) && !isWaiting) restless.push(`${vn}: ${state} ${reason ?? ''}`);
    else if (isWaiting && !hasTwo(diary, person.cid) && wasReadInFull(world, person.cid, serviceDate)) {
      restless.push(`${vn}: ${state}, although its card was read in full`);
    } else if (
      isWaiting &&
      !hasTwo(diary, person.cid) &&
      wasGivenToClient(world, diary, person.cid, serviceDate)
    ) {
      restless.push(`${vn}: ${state}, although a client was given its code`);
    } else if (!standing.has(vn) && !['cancelled', 'needs-staff'].includes(state)) {
      restless.push(`${vn}: ${state}, although the HIS has it no more`);
    }
  }
  return restless;
}

/** One read serves one visit: with two, the other waits for a card of its own. */
function hasTwo(diary: Diary, cid: string | null): boolean {
  return diary.visits.filter((v) => v.person.cid === cid).length > 1;
}

function wasGivenToClient(
  { centre }: World,
  { clients }: Diary,
  cid: string | null,
  serviceDate: string,
): boolean {
  const given = new Set(clients.filter(({ pid }) => pid === cid).map(({ told }) => told?.claimCode));
  return centre.codes().some((c) => given.has(c.claimCode) && serviceDateOf(c.issuedAt) === serviceDate);
}

function wasReadInFull(world: World, cid: string | null, serviceDate: string): boolean {
  // a read is of the moment before its call; what was told just after midnight may be of the day before
  const isOfDay = (at: number): boolean =>
    serviceDateOf(at) === serviceDate && serviceDateOf(at - READ_TAKES_MS) === serviceDate;
  return world.counters.some((counter) =>
    counter.told.some((t) => t.pid === cid && t.kind === 'full' && isOfDay(t.at)),
  );
}

/** Reads that the bridge has not taken yet. */
function spooled(folder: string): number {
  const spools = readdirSync(folder).filter((name) => name.startsWith('spool-'));
  return spools.flatMap((spool) => readdirSync(join(folder, spool)).filter((name) => name.endsWith('.json')))
    .length;
}

async function allCases(world: World): Promise<CaseJson[]> {
  const all: CaseJson[] = [];
  let after = '';
  do {
    const page = await world.bridges.get<{ items: CaseJson[]; next: string | null }>(
      `/api/cases?site=${HCODE}&limit=200${after}`,
    );
    all.push(...page.items);
    after = page.next === null ? '' : `&after=${encodeURIComponent(page.next)}`;
  } while (after !== '');
  return all;
}

async function asksForAPerson(world: World): Promise<ClientAskJson[]> {
  const page = await world.bridges.get<{ items: ClientAskJson[] }>(
    `/api/client-asks?site=${HCODE}&needsPerson=true&limit=200`,
  );
  return page.items;
}

async function readsOf(world: World, told: readonly ToldRead[]): Promise<CardRead[]> {
  const ledger = await openLedger(world.ledger.direct);
  try {
    const reads = new Map<string, CardRead>();
    for (const { pid, at } of told) {
      const date = serviceDateOf(at);
      // read a moment before midnight, told a moment after
      for (const day of [addDays(date, -1), date]) {
        for (const read of await ledger.readsOfPerson(HCODE, pid, day)) reads.set(read.id, read);
      }
    }
    return [...reads.values()];
  } finally {
    await ledger.close();
  }
}

function logsOf(folder: string): { file: string; line: string }[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.log'));
  return files.flatMap((file) =>
    readFileSync(join(folder, file), 'utf8')
      .split('\n')
      .map((line) => ({ file, line })),
  );
}
