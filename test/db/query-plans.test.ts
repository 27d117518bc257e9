/** Each way into the ledger goes through the index that was made for it, on a ledger of years. */

import type { CompiledQuery } from 'kysely';
import { CompiledQuery as Raw } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ledgerOn } from '../../db/ledger.ts';
import { SqliteEngine } from '../../db/sqlite/engine.ts';
import { addDays } from '../../src/domain/bangkok.ts';
import type { Ledger } from '../../src/service/ports/ledger.ts';
import { SAMPLE_AT, SAMPLE_DATE, SAMPLE_HCODE, sampleAsk, sampleCitizenId } from '../support/samples.ts';
import { created } from './contract/changes.ts';

const asked: CompiledQuery[] = [];

/** Remembers what it was asked. */
class Listening extends SqliteEngine {
  override read<O>(query: CompiledQuery<O>): Promise<O[]> {
    asked.push(query);
    return super.read(query);
  }
}

const engine = new Listening(':memory:');
const ledger: Ledger = ledgerOn(engine);
const pid = sampleCitizenId(1);
const key = { hcode: SAMPLE_HCODE, vn: '1' };

beforeAll(async () => {
  await ledger.migrate();
  const many = Array.from({ length: 2_000 }, (_, i) =>
    created({
      vn: String(i),
      hn: String(i % 700),
      pid: sampleCitizenId(i % 700),
      serviceDate: addDays(SAMPLE_DATE, -(i % 100)),
      state: i % 100 < 2 ? 'awaiting-card' : 'written',
      nextStep: i % 500 === 0 ? 'draft' : null,
    }),
  );
  await ledger.commit(many);
  for (const n of [1, 2]) await ledger.doorAsks.begin(sampleAsk({ pid: sampleCitizenId(n) }));
});
afterAll(() => ledger.close());

/** SQLite's plan of every query that the call asks. */
async function plansOf(call: () => Promise<unknown>): Promise<string[]> {
  asked.length = 0;
  await call();
  const plans: string[] = [];
  for (const query of [...asked]) {
    const explain = Raw.raw(`explain query plan ${query.sql}`, [...query.parameters]);
    plans.push(...(await engine.read<{ detail: string }>(explain)).map((step) => step.detail));
  }
  return plans;
}

const page = { limit: 20 };
const open = ['awaiting-card', 'ready'] as const;

test.each<[string, () => Promise<unknown>, RegExp]>([
  ['case', () => ledger.case(key), /visit_case_1 \(vn=\? AND hcode=\?\)/],
  ['cases', () => ledger.cases([key, { ...key, vn: '2' }]), /visit_case_1 \(vn=\? AND hcode=\?\)/],
  ['casesOfPerson', () => ledger.casesOfPerson(SAMPLE_HCODE, pid, SAMPLE_DATE), /visit_case_person/],
  ['history', () => ledger.history(key), /history_case/],
  ['holderOfCode', () => ledger.holderOfCode('PP1'), /visit_case_(any_)?code/],
  ['askerOf', () => ledger.askerOf(SAMPLE_HCODE, pid, SAMPLE_DATE, 'PG0060001'), /visit_case_asked|_person/],
  [
    'doorAsks.find',
    () =>
      ledger.doorAsks.find({ hcode: SAMPLE_HCODE, pid, serviceDate: SAMPLE_DATE, claimType: 'PG0060001' }),
    /door_ask_1 \(pid=\? AND service_date=\? AND claim_type=\? AND hcode=\?\)/,
  ],
  [
    'doorAsks.ofPerson',
    () => ledger.doorAsks.ofPerson(SAMPLE_HCODE, pid, SAMPLE_DATE),
    /door_ask_1 \(pid=\? AND service_date=\?/,
  ],
  ['doorAsks.due', () => ledger.doorAsks.due(SAMPLE_AT, 50), /door_ask_due \(look_at</],
  ['doorAsks.wanted', () => ledger.doorAsks.wanted(SAMPLE_DATE, 50), /door_ask_open \(service_date=\?\)/],
  [
    'doorAsks.wanted, its visits',
    () => ledger.doorAsks.wanted(SAMPLE_DATE, 50),
    /visit_case_person \(pid=\? AND service_date=\? AND hcode=\?\)/,
  ],
  [
    'doorAsks.fromAhead',
    () => ledger.doorAsks.fromAhead(SAMPLE_AT, 60_000, 50),
    /door_ask_listing \(service_date>\?\)/,
  ],
  ['doorAsks.list', () => ledger.doorAsks.list({}, page), /USING INDEX door_ask_listing/],
  [
    'doorAsks.list of a day',
    () => ledger.doorAsks.list({ hcode: SAMPLE_HCODE, serviceDate: SAMPLE_DATE, needsPerson: true }, page),
    /door_ask_listing \(service_date=\?\)/,
  ],
  [
    'doorAsks.list, its next page',
    async () => {
      const { next } = await ledger.doorAsks.list({}, { limit: 1 });
      await ledger.doorAsks.list({}, { ...page, after: next ?? '' });
    },
    /door_ask_listing \(\(service_date,asked_at,id\)</,
  ],
  ['countsByState', () => ledger.countsByState(SAMPLE_HCODE, SAMPLE_DATE), /COVERING INDEX visit_case_state/],
  ['caseKeysOn', () => ledger.caseKeysOn(SAMPLE_HCODE, SAMPLE_DATE), /visit_case_listing \(service_date=/],
  [
    'listCases of a day',
    () => ledger.listCases({ hcode: SAMPLE_HCODE, serviceDate: SAMPLE_DATE }, page),
    /visit_case_listing \(service_date=/,
  ],
  ['listCases of all days', () => ledger.listCases({}, page), /visit_case_listing/],
  [
    'listCases of past days left open',
    () => ledger.listCases({ hcode: SAMPLE_HCODE, before: SAMPLE_DATE, states: open }, page),
    /visit_case_state \(state=\? AND service_date</,
  ],
  [
    'countCases of past days left open',
    () => ledger.countCases({ before: SAMPLE_DATE, states: open }),
    /visit_case_state \(state=\? AND service_date</,
  ],
  ['casesWithWork', () => ledger.casesWithWork({ dueBy: SAMPLE_AT, ...page }), /visit_case_work/],
  ['outbox', () => ledger.outbox(100), /SCAN outbox/], // by its key, oldest first, and it is short
  ['cardRead', () => ledger.cardRead('x'), /card_read_1 /],
  ['cardsReadAt', () => ledger.cardsReadAt(SAMPLE_HCODE, 'counter-1', SAMPLE_AT), /card_read_station/],
  ['photos.due', () => ledger.photos.due(SAMPLE_AT, 20), /COVERING INDEX read_photo_due/],
  ['photos.get', () => ledger.photos.get('x'), /read_photo_1 /],
  ['readsOfPerson', () => ledger.readsOfPerson(SAMPLE_HCODE, pid, SAMPLE_DATE), /card_read_person/],
  [
    'pidsWithUnpairedReads',
    () => ledger.pidsWithUnpairedReads(SAMPLE_HCODE, SAMPLE_DATE),
    /card_read_unpaired/,
  ],
  ['reported.codesOf', () => ledger.reported.codesOf(SAMPLE_HCODE, pid, SAMPLE_DATE), /reported_code_person/],
  [
    'rights.due',
    () =>
      ledger.rights.due({
        ...key,
        serviceDate: SAMPLE_DATE,
        knownSince: SAMPLE_AT,
        now: SAMPLE_AT,
        limit: 20,
      }),
    /visit_case_state \(state=\? AND service_date=\? AND hcode=\?\)\nSEARCH .* sqlite_autoindex_found_right_1 \(pid=\? AND service_date=\? AND hcode=\?\) LEFT-JOIN/,
  ],
  [
    'rights.find',
    () => ledger.rights.find([{ hcode: SAMPLE_HCODE, pid, serviceDate: SAMPLE_DATE }]),
    /found_right_1 \(pid=\? AND service_date=\?/,
  ],
  [
    'search by right',
    () => ledger.search.cases({ withRight: true, mainInscls: ['UCS'], dates: [{ from: SAMPLE_DATE }] }, page),
    /found_right_1 \(pid=\? AND service_date=\? AND hcode=\?\)/,
  ],
  ['search by pid', () => ledger.search.cases({ pids: [pid] }, page), /visit_case_person/],
  ['search by code', () => ledger.search.cases({ claimCodes: ['PP1'] }, page), /visit_case_any_code/],
  [
    'search by vn',
    () => ledger.search.cases({ vns: [{ hcode: null, vn: '1' }] }, page),
    /visit_case_1 \(vn=\?\)/,
  ],
  ['search by draft', () => ledger.search.cases({ correlationIds: ['c'] }, page), /visit_case_correlation/],
  [
    'search by change',
    () => ledger.search.cases({ updated: [{ from: SAMPLE_AT }] }, { ...page, sort: 'updated' }),
    /visit_case_updated/,
  ],
  ['a patient', () => ledger.search.patient(SAMPLE_HCODE, '1'), /visit_case_patient/],
  ['all patients', () => ledger.search.patients({}, page), /visit_case_patient/],
])('%s', async (_, call, index) => {
  const plans = await plansOf(call);
  expect(plans.join('\n')).toMatch(index);
  expect(
    plans.filter((step) =>
      /^SCAN visit_case(?! USING)|^SCAN (card_read|history|reported_code|found_right|read_photo)|^SCAN door_ask(?! USING)/.test(
        step,
      ),
    ),
  ).toEqual([]);
});

test.each<[string, () => Promise<unknown>]>([
  ['lists', () => ledger.listCases({ hcode: SAMPLE_HCODE, serviceDate: SAMPLE_DATE }, page)],
  ['asks of clients', () => ledger.doorAsks.list({ hcode: SAMPLE_HCODE, needsPerson: true }, page)],
  ['work', () => ledger.casesWithWork({ dueBy: SAMPLE_AT, ...page })],
  ['outbox', () => ledger.outbox(100)],
])('%s come out of the index in order, unsorted', async (_, call) => {
  expect((await plansOf(call)).filter((step) => /TEMP B-TREE/.test(step))).toEqual([]);
});
