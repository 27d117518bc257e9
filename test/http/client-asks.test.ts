import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addDays } from '../../src/domain/bangkok.ts';
import type { DoorAsk } from '../../src/domain/door-ask.ts';
import { LOOKUPS_AT_MOST } from '../../src/domain/machine/lost-answer.ts';
import { clientAskPageSchema } from '../../src/http/schemas/client-ask.ts';
import {
  SAMPLE_AT,
  SAMPLE_DATE,
  SAMPLE_HCODE,
  sampleAsk,
  sampleCase,
  sampleCitizenId,
} from '../support/samples.ts';
import { OTHER_HCODE, openHouse, type TestHouse } from './support/house.ts';

let house: TestHouse;
let key: string;
beforeAll(async () => {
  house = await openHouse();
  key = await house.key(['cases:read']);
});
afterAll(() => house.close());

const BESIDE = {
  ...{ claimCode: 'PP2222222222', claimType: 'PG0060001', hcode: SAMPLE_HCODE, issuedAt: SAMPLE_AT + 90_000 },
  ...{ misfits: [], heldBy: null },
};
const yesterday = addDays(SAMPLE_DATE, -1);
const CODE = { claimCode: 'PP1111111111', issuedAt: SAMPLE_AT + 61_000 };
const of = (n: number, more: Partial<DoorAsk> = {}): DoorAsk => {
  const askedAt = SAMPLE_AT + n * 1_000;
  return sampleAsk({ pid: sampleCitizenId(n), askedAt, ...more });
};
/** By person. */
const ASKS: readonly DoorAsk[] = [
  of(0),
  of(1, { state: 'lost' }),
  of(2, { state: 'issued', lookAt: null, ...CODE }),
  of(3, { state: 'issued', ...CODE, claimCode: 'PP3333333333', candidates: [BESIDE] }),
  of(4, { state: 'lost', emptyLookups: LOOKUPS_AT_MOST }),
  of(5, { state: 'lost', lookAt: null, serviceDate: yesterday }),
  of(6, { state: 'issued', lookAt: null, claimCode: 'PP6666666666', hcode: OTHER_HCODE }),
  of(7, { state: 'free', lookAt: null }),
  of(8, { state: 'case', vn: '1', lookAt: null }),
  of(9, { state: 'lost', lookAt: null, pid: 'AA1234567', claimType: `X ${sampleCitizenId(9)}` }),
];
/** Of the other hospital and yesterday last; the newest first. */
const LISTED = [9, 6, 4, 3, 2, 1, 0, 5];

beforeAll(async () => {
  for (const ask of ASKS) expect(await house.ledger.doorAsks.begin(ask)).toBe(true);
});

const list = (query = '', withKey = key) => house.ask('GET', `/api/client-asks${query}`, { key: withKey });
const people = (json: { items: { askedAt: string }[] }): number[] =>
  json.items.map(({ askedAt }) => (Date.parse(askedAt) - SAMPLE_AT) / 1_000);

describe('what clients have asked for', () => {
  test('is listed newest first, while no visit has it and it is not over', async () => {
    const { status, json } = await list();
    expect(status).toBe(200);
    expect(clientAskPageSchema.safeParse(json).error).toBeUndefined();
    expect(people(json)).toEqual(LISTED);
    expect(json.next).toBeNull();
  });

  test('comes with both codes, in Bangkok time, and says what to do', async () => {
    const { json } = await list('?limit=4');
    const [id, ...others] = json.items.map((item: { id: string }) => item.id);
    expect(new Set([id, ...others]).size).toBe(4);
    expect(json.items[3]).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      ...{ hcode: SAMPLE_HCODE, serviceDate: '2026-11-20', claimType: 'PG0060001' },
      ...{ pid: expect.stringMatching(/^9-xxxx-xxxxx-\d\d-\d$/), stationId: 'counter-1', actor: 'key:his' },
      ...{ state: 'issued', needsPerson: true, claimCode: 'PP3333333333' },
      stateText: {
        th: expect.stringContaining('มากกว่าหนึ่งรหัส'),
        en: expect.stringContaining('two codes at NHSO'),
        next: { th: expect.any(String), en: expect.stringMatching(/^See there which one counts/) },
      },
      ...{ issuedAt: '2026-11-20T08:31:01+07:00', askedAt: '2026-11-20T08:30:03+07:00' },
      ...{ lookAt: '2026-11-20T08:31:45+07:00', updatedAt: '2026-11-20T08:31:00+07:00' },
      candidates: [{ ...BESIDE, issuedAt: '2026-11-20T08:31:30+07:00' }],
    });
  });

  test('says of each whether a person must look, and what at', async () => {
    const { json } = await list();
    const said = json.items.map((item: { needsPerson: boolean; stateText: { next: { en: string } } }) => [
      item.needsPerson,
      item.stateText.next.en.slice(0, 16),
    ]);
    expect(said).toEqual([
      [true, 'Look at NHSO whe'],
      [false, 'When the visit i'],
      [true, 'Look at NHSO whi'],
      [true, 'See there which '],
      [false, 'When the visit i'],
      [false, 'Nothing; do not '],
      [false, 'Nothing; how it '],
      [true, 'Look at NHSO whe'],
    ]);
  });

  test('is narrowed by site, service date and need', async () => {
    expect(people((await list(`?site=${OTHER_HCODE}`)).json)).toEqual([6]);
    expect(people((await list(`?serviceDate=${yesterday}`)).json)).toEqual([5]);
    expect(people((await list('?needsPerson=true')).json)).toEqual([9, 4, 3, 5]);
    const both = `?needsPerson=true&serviceDate=${SAMPLE_DATE}&site=${SAMPLE_HCODE}`;
    expect(people((await list(both)).json)).toEqual([9, 4, 3]);
    expect(people((await list('?serviceDate=2026-11-21')).json)).toEqual([]);
  });

  test.each(['', '&needsPerson=true', `&site=${SAMPLE_HCODE}`])(
    'has pages that hold each once: %s',
    async (more) => {
      const whole = people((await list(`?limit=500${more}`)).json);
      const seen: number[] = [];
      for (let next: string | null = `/api/client-asks?limit=2${more}`; next !== null; ) {
        const page = await house.ask('GET', next, { key });
        expect(page.status).toBe(200);
        expect(page.json.items.length).toBeLessThanOrEqual(2);
        seen.push(...people(page.json));
        next = page.json.next;
        expect(page.headers.get('link')).toBe(next === null ? null : `<${next}>; rel="next"`);
      }
      expect(seen).toEqual(whole);
      expect(whole.length).toBeGreaterThan(2);
    },
  );

  test('is gone from the list when a visit has taken it', async () => {
    const own = await openHouse();
    const ask = sampleAsk();
    await own.ledger.doorAsks.begin(ask);
    const ownKey = await own.key(['cases:read']);
    const shown = async () => (await own.ask('GET', '/api/client-asks', { key: ownKey })).json.items.length;
    expect(await shown()).toBe(1);
    const lost = { ...ask, state: 'lost', version: 2 } as const;
    await own.ledger.doorAsks.put(lost);
    const taking = sampleCase({ state: 'unknown', claimType: ask.claimType, askedAt: ask.askedAt });
    await own.ledger.commit([{ next: taking, from: null, history: [], takes: lost }]);
    expect(await shown()).toBe(0);
    await own.close();
  });

  test('next is a whole address where the bridge knows its own', async () => {
    const known = await openHouse({ publicUrl: 'https://bridge.hospital.example/' });
    for (const n of [1, 2]) await known.ledger.doorAsks.begin(of(n));
    const { json } = await known.ask('GET', '/api/client-asks?limit=1', {
      key: await known.key(['cases:read']),
    });
    expect(json.next).toMatch(/^https:\/\/bridge\.hospital\.example\/api\/client-asks\?limit=1&after=/);
    await known.close();
  });
});

describe('whose they are', () => {
  const whole = ASKS.map(({ pid }) => pid);

  test('is masked, also in the address of the next page', async () => {
    for (let path: string | null = '/api/client-asks?limit=1'; path !== null; ) {
      const { text, json } = await house.ask('GET', path, { key });
      for (const pid of whole) expect(text).not.toContain(pid);
      path = json.next;
      const mark = new URLSearchParams(path?.split('?')[1]).get('after') ?? '';
      for (const pid of whole) expect(Buffer.from(mark, 'base64url').toString('latin1')).not.toContain(pid);
    }
  });

  test('what is no citizen id is not shown at all while masked, and what a client calls a claim type is masked', async () => {
    const { json } = await list('?limit=1');
    expect(json.items[0]).toMatchObject({ pid: null, claimType: expect.stringMatching(/^X 9-xxxx-xxxxx-/) });
  });

  test('is shown whole to who has the right and asks, and that is audited, each by its name', async () => {
    const refused = await list('?unmasked=true');
    expect([refused.status, refused.json.detail]).toEqual([403, 'The key lacks the scope "pid:read".']);
    const trusted = await house.key(['cases:read', 'pid:read'], { name: 'trusted' });
    for (const query of ['', '?unmasked=false'])
      expect((await list(query, trusted)).text).not.toContain(whole[0]);
    const audited: unknown[] = [];
    const { ledger } = house.parts;
    const { audit } = ledger;
    ledger.audit = async (entry) => {
      audited.push(entry);
      await audit(entry);
    };
    const { json } = await list('?unmasked=true', trusted);
    ledger.audit = audit;
    expect(json.items.map(({ pid }: { pid: string }) => pid)).toEqual(LISTED.map((n) => whole[n]));
    const at = house.parts.clock.now();
    expect(audited).toEqual(
      json.items.map(({ id }: { id: string }) => ({
        ...{ at, actor: 'trusted', action: 'unmasked', resource: `ClientAsk/${id}` },
      })),
    );
  });

  test('is not shown where it could not be audited', async () => {
    const trusted = await house.key(['cases:read', 'pid:read']);
    const { ledger } = house.parts;
    const { audit } = ledger;
    ledger.audit = () => Promise.reject(new Error('the disk is full'));
    const { status, text } = await list('?unmasked=true', trusted);
    ledger.audit = audit;
    expect(status).toBe(500);
    expect(text).not.toContain(whole[0]);
  });
});

describe('who may see them', () => {
  test('nobody without a key, or with a key that may not see cases', async () => {
    expect((await house.ask('GET', '/api/client-asks')).status).toBe(401);
    const client = await house.key(['agent-api:use', 'fhir:read', 'pid:read']);
    const { status, json } = await list('', client);
    expect([status, json.code]).toEqual([403, 'forbidden']);
  });

  test('a key that is bound to a site sees that site’s; one that is bound to a station none', async () => {
    const bound = await house.key(['cases:read'], { hcode: OTHER_HCODE });
    expect(people((await list('', bound)).json)).toEqual([6]);
    expect(people((await list(`?site=${OTHER_HCODE}`, bound)).json)).toEqual([6]);
    expect((await list(`?site=${SAMPLE_HCODE}`, bound)).status).toBe(403);
    const { next } = (await list('?limit=6')).json;
    // a mark of another's page shows nothing more
    const rest = await house.ask('GET', next, { key: bound });
    expect(rest.json.items).toEqual([]);
    const counter = await house.key(['cases:read'], { hcode: SAMPLE_HCODE, stationId: 'counter-1' });
    expect((await list('', counter)).status).toBe(403);
  });
});

test.each([
  ['serviceDate', '?serviceDate=2569-13-01', 'expected a date of the calendar'],
  ['serviceDate', '?serviceDate=2026-02-30', 'expected a date of the calendar'],
  ['serviceDate', '?serviceDate=20/11/2026', 'expected a date as YYYY-MM-DD'],
  ['site', '?site=1', 'expected a hospital code of 5 or 9 characters'],
  ['needsPerson', '?needsPerson=yes', 'expected true, or to be left out'],
  ['needsPerson', '?needsPerson=false', 'expected true, or to be left out'],
  ['unmasked', '?unmasked=yes', 'expected true or false'],
  ['limit', '?limit=0', 'expected a number from 1 to 500'],
  ['limit', '?limit=501', 'expected a number from 1 to 500'],
  ['after', '?after=rubbish', 'expected the page mark that the page before gave out'],
  ['date', '?date=2026-11-20', 'expected no such field'],
  ['state', '?state=lost', 'expected no such field'],
])('a wrong %s is named: %s', async (field, query, expected) => {
  const { status, json } = await list(query);
  expect([status, json.fields]).toEqual([400, [{ field, expected }]]);
});

test('a page mark of the list of cases is none of this one', async () => {
  await house.put(sampleCase({ vn: '1' }), sampleCase({ vn: '2', pid: sampleCitizenId(2) }));
  const { json } = await house.ask('GET', '/api/cases?limit=1', { key });
  const after = new URLSearchParams(json.next.split('?')[1]).get('after') ?? '';
  expect((await list(`?after=${encodeURIComponent(after)}`)).status).toBe(400);
});
