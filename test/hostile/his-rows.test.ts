/**
 * Rows of a HIS with anything in any column, all the way: a visit, a case in the ledger, the case and its FHIR as they
 * are shown. Nothing is thrown, no row costs another one, and nothing of it comes out as a 500.
 */

import fc from 'fast-check';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { toVisits as fromHosxp } from '../../adapters/his/hosxp/to-visit.ts';
import {
  VISIT_FIELDS as HOSXP_FIELDS,
  type VisitRow as HosxpRow,
} from '../../adapters/his/hosxp/visit-query.ts';
import { toVisits as fromJhcis } from '../../adapters/his/jhcis/to-visit.ts';
import {
  VISIT_FIELDS as JHCIS_FIELDS,
  type VisitRow as JhcisRow,
} from '../../adapters/his/jhcis/visit-query.ts';
import type { SqlRow } from '../../adapters/his/sql/database.ts';
import type { Told } from '../../adapters/his/sql/tables.ts';
import { openCase } from '../../src/domain/machine/facts.ts';
import { DEFAULT_POLICY } from '../../src/domain/requirement.ts';
import { fhirRouter } from '../../src/http/fhir/router.ts';
import { openHouse, type TestHouse } from '../http/support/house.ts';
import { SAMPLE_AT, SAMPLE_DATE, SAMPLE_HCODE } from '../support/samples.ts';
import { evilText, evilValue, PERSON } from './evil.ts';

vi.setConfig({ testTimeout: 60_000 });

let house: TestHouse;
let key: string;
beforeAll(async () => {
  const limits = { perKey: 1e6 };
  house = await openHouse({ limits }, ({ ledger, clock, log }) =>
    fhirRouter({ ...{ ledger, clock, log, publicUrl: 'http://127.0.0.1' }, sites: [] }),
  );
  key = await house.key(['cases:read', 'fhir:read']);
});
afterAll(() => house.close());

/** What drivers give: texts, numbers, bytes, dates, and whatever a trigger or an odd column type makes of a column. */
const cell = fc.oneof(
  fc.constant(null),
  evilText,
  evilValue,
  fc.bigInt(),
  fc.double(),
  fc.date({ noInvalidDate: false }),
  fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes)),
  fc.constantFrom(
    undefined,
    Object.create(null),
    Symbol('x'),
    Number.NaN,
    '2569-11-20',
    '24:00:00',
    '08:00:00',
  ),
  fc.constantFrom(PERSON, '99', '0812345678', 'PP1234567890', '1980-00-00', 'x'.repeat(70_000)),
);
const ADAPTERS: [string, readonly string[], (rows: SqlRow[]) => Told][] = [
  [
    'HOSxP',
    HOSXP_FIELDS,
    (rows) => fromHosxp(rows as HosxpRow[], { hcode: SAMPLE_HCODE, cancelledStatuses: ['99'] }, SAMPLE_DATE),
  ],
  [
    'JHCIS',
    JHCIS_FIELDS,
    (rows) => fromJhcis(rows as JhcisRow[], { hcode: SAMPLE_HCODE, cancelledFlags: ['99'] }, SAMPLE_DATE),
  ],
];
const POLICY = { requirement: DEFAULT_POLICY, claimType: { default: 'PG0060001', rules: [] } };
let next = 0;

test.each(ADAPTERS)('of %s are visits, cases, and what is shown of them', async (_, fields, toVisits) => {
  const row = fc.record(Object.fromEntries(fields.map((field) => [field, cell])));
  let shown = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 4 }), async (rows) => {
      const { visits, unnumbered } = toVisits(rows);
      expect(visits.length + unnumbered).toBeGreaterThan(0);
      for (const visit of visits) {
        // no two in the ledger of the same number, whatever the runs before put there
        const own = { ...visit, vn: `${visit.vn.slice(0, 60).toWellFormed()}-${next++}` };
        const { next: c, history } = openCase(own, POLICY, SAMPLE_AT);
        await house.ledger.commit([{ next: c, from: null, history }]);
        const [state, vn] = [await house.ledger.case(own), encodeURIComponent(own.vn)];
        expect(state?.visit).toEqual(own);
        const detail = await house.ask('GET', `/api/cases/${SAMPLE_HCODE}/${vn}`, { key });
        // a number that no address can hold is shown in the list only
        expect([200, 400, 404]).toContain(detail.status);
        // names and numbers are shown as they stand; what the bridge itself says of them holds no citizen id
        expect(
          JSON.stringify([detail.json.reasonDetail, detail.json.history, detail.json.detail]),
        ).not.toContain(PERSON);
        shown += detail.status === 200 ? 1 : 0;
      }
    }),
    { numRuns: 80 },
  );
  expect(shown).toBeGreaterThan(40);
  for (const path of ['/api/cases?limit=500', '/fhir/Encounter?_count=200', '/fhir/Patient?_count=200']) {
    const answer = await house.ask('GET', path, { key });
    expect([path, answer.status]).toEqual([path, 200]);
  }
  for (const type of ['Task', 'Coverage', 'CoverageEligibilityResponse']) {
    expect((await house.ask('GET', `/fhir/${type}?_count=200`, { key })).status).toBe(200);
  }
  expect(house.logged()).not.toContain('unforeseen');
  expect(house.logged()).not.toContain(PERSON);
});
