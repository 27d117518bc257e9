import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addDays } from '../../src/domain/bangkok.ts';
import { OUTCOMES } from '../../src/domain/reconcile.ts';
import {
  reconciliationDetailSchema,
  reconciliationListSchema,
} from '../../src/http/schemas/reconciliation.ts';
import type { Reconciliation, ReconciliationItem } from '../../src/service/ports/reconciliations.ts';
import { readCsv } from '../support/csv-reader.ts';
import { sampleCandidate, sampleItem, sampleItems, sampleRun } from '../support/reconciliation-samples.ts';
import { SAMPLE_AT, SAMPLE_HCODE, sampleCitizenId } from '../support/samples.ts';
import { OTHER_HCODE, openHouse, type TestHouse } from './support/house.ts';

let house: TestHouse;
let key: string;
beforeAll(async () => {
  house = await openHouse();
  key = await house.key(['cases:read']);
}, 120_000);
afterAll(() => house.close());

const SHORT = { state: 'failed', trouble: 'the HIS counts one more' } as const;

async function put(run: Reconciliation, items: readonly ReconciliationItem[], short = 0) {
  const runs = house.ledger.reconciliations;
  await runs.begin(run);
  await runs.putItems(run.id, items, 3);
  const end = short === 0 ? ({ state: 'finished', trouble: null } as const) : SHORT;
  await runs.close(run.id, { ...end, hisCount: items.length + short, finishedAt: SAMPLE_AT + 60_000 });
}

const ask = (path: string, headers: Record<string, string> = {}, withKey = key) =>
  house.ask('GET', `/api/reconciliations${path}`, { key: withKey, headers });
const vns = (json: { items: { vn: string }[] }): string[] => json.items.map(({ vn }) => vn);

const one = sampleRun({ id: '20261119-10978-aaaaaa' });
const many = sampleRun({
  ...{ id: '20261118-10978-bbbbbb', serviceDate: addDays(one.serviceDate, -1) },
  ...{ startedAt: SAMPLE_AT - 1_000, dryRun: true },
});
const others = sampleRun({ id: '20261119-11111-cccccc', hcode: OTHER_HCODE });
/** More than one page of the ledger, so that the file is made of several. */
const VISITS = 1_203;
const pid = sampleCitizenId(7);

beforeAll(async () => {
  const items = sampleItems();
  await put(one, [
    ...items,
    sampleItem(90, 'missing', { hn: null, detail: `NHSO: ${pid} ไม่พบ` }),
    sampleItem(91, 'found', { vn: '=1+1', written: { row: { vn: '=1+1', pttype: '89' }, previous: null } }),
  ]);
  await put(
    many,
    Array.from({ length: VISITS }, (_, n) => sampleItem(n, n % 3 === 0 ? 'missing' : 'had-one')),
    1,
  );
  await put(others, [
    sampleItem(1, 'ambiguous', { candidates: [sampleCandidate({ heldBy: '691119000009' })] }),
  ]);
});

describe('the list of runs', () => {
  test('is newest first, with counts, their sum and whether it agrees with the HIS', async () => {
    const { status, json } = await ask('');
    expect(status).toBe(200);
    expect(reconciliationListSchema.safeParse(json).error).toBeUndefined();
    expect(json.items.map((r: { id: string }) => r.id).at(-1)).toBe(many.id);
    expect(json.items.find((r: { id: string }) => r.id === many.id)).toMatchObject({
      ...{ dryRun: true, state: 'failed', startedAt: '2026-11-20T08:29:59+07:00', calls: 3 },
      counts: { missing: 401, 'had-one': 802, found: 0 },
      ...{ sum: VISITS, hisCount: VISITS + 1, agrees: false },
    });
    expect(json.items.find((r: { id: string }) => r.id === one.id)).toMatchObject({ sum: 9, agrees: true });
  });

  test('of a run that goes on says what is known, and not more', async () => {
    const own = await openHouse();
    await own.ledger.reconciliations.begin(one);
    await own.ledger.reconciliations.putItems(one.id, [sampleItem(1, 'missing')], 1);
    const { json } = await own.ask('GET', '/api/reconciliations', { key: await own.key(['cases:read']) });
    expect(json.items).toMatchObject([
      { state: 'running', counts: { missing: 1 }, sum: 1, hisCount: null, agrees: null, finishedAt: null },
    ]);
    await own.close();
  });

  test('is narrowed by site and date, and has pages', async () => {
    const ids = (json: { items: { id: string }[] }) => json.items.map(({ id }) => id);
    expect(ids((await ask(`?site=${OTHER_HCODE}`)).json)).toEqual([others.id]);
    expect(ids((await ask('?date=2026-11-18')).json)).toEqual([many.id]);
    expect(ids((await ask('?date=2026-11-19')).json).toSorted()).toEqual([one.id, others.id]);
    const first = await ask('?limit=2');
    expect(first.headers.get('link')).toBe(`<${first.json.next}>; rel="next"`);
    const second = await house.ask('GET', first.json.next, { key });
    expect([...ids(first.json), ...ids(second.json)].toSorted()).toEqual([many.id, one.id, others.id]);
    expect(second.json.next).toBeNull();
  });

  test('is the own site’s for a key that is bound', async () => {
    const bound = await house.key(['cases:read'], { hcode: OTHER_HCODE });
    expect((await ask('', {}, bound)).json.items).toMatchObject([{ id: others.id }]);
    expect((await ask(`?site=${SAMPLE_HCODE}`, {}, bound)).status).toBe(403);
  });

  test.each([
    ['site', '?site=1'],
    ['date', '?date=2569-13-01'],
    ['limit', '?limit=501'],
    ['after', '?after=rubbish'],
    ['state', '?state=running'],
  ])('a wrong %s is named: %s', async (field, query) => {
    const { status, json } = await ask(query);
    expect([status, json.fields[0].field]).toEqual([400, field]);
  });
});

describe('one run', () => {
  test('tells every visit with its outcome in words, in pages by visit number', async () => {
    const { status, json, text } = await ask(`/${one.id}`);
    expect(status).toBe(200);
    expect(reconciliationDetailSchema.safeParse(json).error).toBeUndefined();
    expect(vns(json)).toEqual(vns(json).toSorted());
    expect(new Set(json.items.map((i: { outcome: string }) => i.outcome))).toEqual(new Set(OUTCOMES));
    expect(json.items.find((i: { outcome: string }) => i.outcome === 'other-hospital')).toMatchObject({
      outcomeText: { th: 'ในวันนั้นมีเฉพาะรหัสที่ออกให้หน่วยบริการอื่น', next: { en: expect.any(String) } },
      candidates: [{ claimCode: 'PP2222222222', hcode: '11111', misfits: ['hospital'] }],
      decidedAt: '2026-11-20T08:30:00+07:00',
    });
    expect(text).not.toContain(pid);

    const seen: string[] = [];
    for (let next = `/api/reconciliations/${many.id}?limit=500`; next !== null; ) {
      const page = await house.ask('GET', next, { key });
      seen.push(...vns(page.json));
      next = page.json.next;
    }
    expect(seen).toHaveLength(VISITS);
    expect(new Set(seen).size).toBe(VISITS);
  });

  test('is narrowed by outcome, on every page', async () => {
    const first = await ask(`/${many.id}?outcome=missing&limit=300`);
    expect(first.json).toMatchObject({ counts: { 'had-one': 802 }, sum: VISITS });
    const second = await house.ask('GET', first.json.next, { key });
    const all = [...first.json.items, ...second.json.items];
    expect(all).toHaveLength(401);
    expect(all.every(({ outcome }) => outcome === 'missing')).toBe(true);
  });

  test('of a dry run does not say that it has written', async () => {
    const dry = sampleRun({ id: '20261117-10978-dddddd', dryRun: true });
    await put(dry, [sampleItem(1, 'found')]);
    const { json } = await ask(`/${dry.id}`);
    expect(json.items[0].outcomeText.en).toBe('A code that fits was found; a dry run writes nothing.');
  });

  test('is read only after that is written down, whoever reads and in whatever form', async () => {
    const { ledger } = house.parts;
    const audited: unknown[] = [];
    const { audit } = ledger;
    ledger.audit = async (entry) => {
      audited.push(entry);
      await audit.call(ledger, entry);
    };
    try {
      const claims = await house.key(['cases:read'], { name: 'claims office' });
      await ask(`/${one.id}`, {}, claims);
      await ask(`/${one.id}?format=csv`, {}, claims);
      const entry = {
        at: house.parts.clock.now(),
        actor: 'claims office',
        resource: `Reconciliation/${one.id}`,
      };
      expect(audited).toEqual([
        { ...entry, action: 'read' },
        { ...entry, action: 'export' },
      ]);
      ledger.audit = () => Promise.reject(new Error('the disk is full'));
      for (const query of ['', '?format=csv']) {
        const refused = await ask(`/${one.id}${query}`, {}, claims);
        expect([refused.status, refused.text.includes('691119')]).toEqual([500, false]);
      }
    } finally {
      ledger.audit = audit;
    }
  });

  test.each([
    ['/20261119-10978-zzzzzz', 404],
    ['/%00', 400],
    [`/${'x'.repeat(61)}`, 400],
    [`/${one.id}?outcome=lost`, 400],
    [`/${one.id}?format=xml`, 400],
    [`/${one.id}?limit=0`, 400],
    [`/${one.id}?after=rubbish`, 400],
    [`/${one.id}?unmasked=true`, 400],
    [`/${one.id}?format=csv&limit=5`, 400],
    [`/${one.id}?format=csv&after=x`, 400],
  ])('%s → %i', async (path, status) => {
    const answer = await ask(path);
    expect(answer.status).toBe(status);
    expect(answer.json).toMatchObject({ status, code: status === 404 ? 'not-found' : 'bad-input' });
  });

  test('of another site is not there for a key that is bound', async () => {
    const bound = await house.key(['cases:read'], { hcode: OTHER_HCODE });
    expect((await ask(`/${one.id}`, {}, bound)).status).toBe(404);
    expect((await ask(`/${one.id}?format=csv`, {}, bound)).status).toBe(404);
    expect((await ask(`/${others.id}`, {}, bound)).status).toBe(200);
  });
});

describe('as CSV', () => {
  test.each([
    ['?format=csv', {}],
    ['', { accept: 'text/csv' }],
    ['', { accept: 'text/csv;q=0.9, application/json;q=0.5' }],
  ])('%s %j: the whole run in one file, every visit once', async (query, headers) => {
    const answer = await ask(`/${many.id}${query}`, headers);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(answer.headers.get('content-disposition')).toBe(
      'attachment; filename="reconciliation-20261118-10978-bbbbbb.csv"',
    );
    const [heads = [], ...rows] = readCsv(answer.text);
    expect(heads).toHaveLength(15);
    expect(rows).toHaveLength(VISITS);
    expect(new Set(rows.map((row) => row[2])).size).toBe(VISITS);
    expect(rows.every((row) => row.length === heads.length)).toBe(true);
  });

  test.each([{}, { accept: '*/*' }, { accept: 'application/json, text/csv' }, { accept: 'image/png' }])(
    'is not what %j asks for',
    async (headers) => {
      const answer = await ask(`/${one.id}`, headers);
      expect([answer.status, answer.headers.get('vary')]).toEqual([200, 'Accept']);
      expect(answer.json.items).toHaveLength(9);
    },
  );

  test('holds what a person needs, in Thai, and nothing that a spreadsheet would spoil or carry out', async () => {
    const bytes = Buffer.from(
      await (
        await fetch(`${house.url}/api/reconciliations/${one.id}?format=csv`, {
          headers: { authorization: `Bearer ${key}` },
        })
      ).arrayBuffer(),
    );
    expect([...bytes.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
    const text = bytes.subarray(3).toString();
    const [heads = [], ...rows] = readCsv(text);
    const of = (vn: string) => {
      const row = rows.find((cells) => cells[2] === vn) ?? [];
      return Object.fromEntries(heads.map((head, i) => [head.split(' ').at(-1), row[i]]));
    };
    expect(of('="691119000005"')).toEqual({
      ...{ hcode: '="10978"', serviceDate: '="2026-11-19"', vn: '="691119000005"', hn: '="000000005"' },
      ...{ outcome: 'other-hospital', outcomeText: 'ในวันนั้นมีเฉพาะรหัสที่ออกให้หน่วยบริการอื่น' },
      ...{ claimCode: '', claimType: 'PG0060001', source: '', detail: '', written: '' },
      candidates: 'PP2222222222 (PG0060001, 2026-11-19 08:30, ออกให้หน่วยบริการอื่น 11111)',
      next: expect.stringContaining('รหัสของหน่วยอื่นใช้แทนกันไม่ได้'),
      state: 'หมดวันรับบริการแล้ว ไม่พบรหัส',
      decidedAt: '="2026-11-20 08:30:00"',
    });
    expect(of("'=1+1")).toMatchObject({ outcome: 'found', written: 'บันทึกแล้ว' });
    expect(text).not.toContain(pid);
  });

  test('is narrowed by outcome', async () => {
    const { text } = await ask(`/${many.id}?format=csv&outcome=missing`);
    expect(readCsv(text)).toHaveLength(402);
  });

  test('whoever goes away in the middle leaves nothing behind', async () => {
    const before = house.logged().length;
    const gone = new AbortController();
    const answer = await fetch(`${house.url}/api/reconciliations/${many.id}?format=csv`, {
      headers: { authorization: `Bearer ${key}` },
      signal: gone.signal,
    });
    await answer.body?.getReader().read();
    gone.abort();
    expect((await ask('')).status).toBe(200);
    expect(house.logged().slice(before)).not.toContain('unforeseen');
  });
});
