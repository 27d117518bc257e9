import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseServiceDate } from '../../src/domain/bangkok.ts';
import type { Case } from '../../src/domain/case.ts';
import { caseDetailSchema, casePageSchema } from '../../src/http/schemas/case.ts';
import {
  SAMPLE_AT,
  SAMPLE_HCODE,
  sampleCase,
  sampleCitizenId,
  sampleFoundRight,
  sampleRead,
  sampleVisit,
} from '../support/samples.ts';
import { OTHER_HCODE, openHouse, type TestHouse } from './support/house.ts';

let house: TestHouse;
let key: string;
beforeAll(async () => {
  house = await openHouse();
  key = await house.key(['cases:read']);
});
afterAll(() => house.close());

const read = sampleRead();
const full = sampleCase({
  vn: '691120083111',
  state: 'needs-staff',
  reason: 'code-ambiguous',
  reasonDetail: 'PP1111111111, PP2222222222',
  readId: read.id,
  readKind: 'full',
  readAt: read.readAt,
  stationId: 'counter-1',
  claimType: 'PG0060001',
  candidates: [
    {
      claimCode: 'PP1111111111',
      claimType: 'PG0060001',
      hcode: SAMPLE_HCODE,
      issuedAt: SAMPLE_AT,
      misfits: ['held-by-other-visit'],
      heldBy: '691120070000',
    },
  ],
});

beforeAll(async () => {
  await house.ledger.addCardRead(read);
  const line = {
    at: SAMPLE_AT,
    actor: 'bridge',
    event: 'visit-seen',
    fromState: null,
    toState: 'awaiting-card' as const,
    reason: null,
    detail: { startedAt: SAMPLE_AT, said: `NHSO: ${sampleCitizenId(1)} ไม่พบ` },
  };
  await house.ledger.commit([
    {
      next: full,
      from: null,
      history: [line, { ...line, event: 'code-ambiguous', toState: 'needs-staff', reason: 'code-ambiguous' }],
    },
  ]);
});

function detail(query = '', withKey = key) {
  return house.ask('GET', `/api/cases/${full.hcode}/${full.vn}${query}`, { key: withKey });
}

describe('a visit number as the HIS has it', () => {
  test.each(['A 12/3', '50%', '100%25', 'นัด/๑', 'a?b#c', 'x+y&z', '..x', 'o\'b"c', '\\', 'x'.repeat(100)])(
    'the list’s %s is read, looked at again and decided',
    async (vn) => {
      await house.put(sampleCase({ vn, hn: vn.slice(0, 9), state: 'needs-staff', reason: 'no-phone' }));
      const listed = (await house.ask('GET', '/api/cases?limit=500', { key })).json.items;
      expect(listed.map((c: { vn: string }) => c.vn)).toContain(vn);
      const address = `/api/cases/${SAMPLE_HCODE}/${encodeURIComponent(vn)}`;
      expect(await house.ask('GET', address, { key })).toMatchObject({ status: 200, json: { vn } });
      const writer = await house.key(['cases:read', 'cases:write']);
      const again = await house.ask('POST', `${address}/retry`, { key: writer, body: {} });
      expect(again).toMatchObject({ status: 200, json: { vn } });
      const body = { action: 'close', reason: 'ทดสอบ' };
      const closed = await house.ask('POST', `${address}/resolve`, { key: writer, body });
      expect(closed).toMatchObject({ status: 200, json: { vn, state: 'closed' } });
    },
  );

  test('is bounded', async () => {
    const { status, json } = await house.ask('GET', `/api/cases/${SAMPLE_HCODE}/${'x'.repeat(101)}`, { key });
    expect([status, json.fields]).toEqual([
      400,
      [{ field: 'vn', expected: 'expected at most 100 characters' }],
    ]);
    expect((await house.ask('GET', `/api/cases/${SAMPLE_HCODE}/a%00b`, { key })).status).toBe(400);
    expect((await house.ask('GET', `/api/cases/${SAMPLE_HCODE}/a%ZZb`, { key })).status).toBe(400);
  });
});

describe('one case', () => {
  test('comes with history, candidates and card read, in Bangkok time', async () => {
    const { status, json } = await detail();
    expect(status).toBe(200);
    expect(caseDetailSchema.safeParse(json).error).toBeUndefined();
    expect(json).toMatchObject({
      vn: full.vn,
      serviceDate: '2026-11-20',
      startedAt: '2026-11-20T08:30:00+07:00',
      state: 'needs-staff',
      stateText: { th: 'ต้องให้เจ้าหน้าที่ดำเนินการ' },
      reason: 'code-ambiguous',
      reasonText: {
        en: 'It is not certain which code belongs to this visit.',
        next: { en: expect.stringContaining('adopt') },
      },
      cardRead: { stationId: 'counter-1', readAt: '2026-11-20T08:35:00+07:00', kind: 'full' },
      candidates: [
        { claimCode: 'PP1111111111', issuedAt: '2026-11-20T08:30:00+07:00', heldBy: '691120070000' },
      ],
    });
    expect(json.history.map((h: { event: string }) => h.event)).toEqual(['visit-seen', 'code-ambiguous']);
    expect(json.history[0].detail.startedAt).toBe('2026-11-20T08:30:00+07:00');
  });

  test('shows the right that was found without a card, from where and when, until a read goes first', async () => {
    const person = { pid: sampleCitizenId(88), serviceDate: full.serviceDate };
    const c = sampleCase({ vn: '691120083188', hn: '88', ...person });
    await house.put(c);
    const address = `/api/cases/${SAMPLE_HCODE}/${c.vn}`;
    const shown = async () => (await house.ask('GET', address, { key })).json;
    expect((await shown()).foundRight).toBeNull();
    await house.ledger.rights.answered(sampleFoundRight(person), []);
    const json = await shown();
    expect(caseDetailSchema.safeParse(json).error).toBeUndefined();
    expect(json.foundRight).toMatchObject({
      answer: 'right',
      source: 'ucws',
      askedAt: '2026-11-20T08:50:00+07:00',
      right: { mainInscl: '(UCS) สิทธิหลักประกันสุขภาพแห่งชาติ', startDateTime: '2019-10-01T00:00:00+07:00' },
      person: { fname: 'ทดสอบ' },
      isUsed: true,
    });
    expect(JSON.stringify(json)).not.toContain(person.pid);
    const late = sampleRead({ id: 'late', pid: person.pid });
    await house.ledger.addCardRead(late);
    const paired = { ...c, readId: 'late', readKind: 'full', version: 2 } as const;
    await house.ledger.commit([{ next: paired, from: 1, history: [] }]);
    expect((await shown()).foundRight).toMatchObject({ answer: 'right', isUsed: false });
  });

  test('tells that NHSO names no right, and that it does not know the person', async () => {
    for (const [n, answer] of [
      [86, 'no-right'],
      [87, 'unknown-person'],
    ] as const) {
      const c = sampleCase({ vn: `6911200831${n}`, hn: String(n), pid: sampleCitizenId(n) });
      await house.put(c);
      const found = sampleFoundRight({ pid: sampleCitizenId(n), answer, right: null, person: null });
      await house.ledger.rights.answered(found, []);
      const { json } = await house.ask('GET', `/api/cases/${SAMPLE_HCODE}/${c.vn}`, { key });
      expect(json.foundRight).toMatchObject({ answer, right: null, isUsed: false });
    }
  });

  test('is masked, all through', async () => {
    const { text, json } = await detail();
    expect(json.patient.pid).toMatch(/^9-xxxx-xxxxx-\d\d-\d$/);
    expect(json.patient.mobile).toBe('081-xxx-5678');
    expect(text).not.toContain(sampleCitizenId(1));
    expect(text).not.toContain('0812345678');
  });

  test('is shown whole to who has the right and asks, and that is audited', async () => {
    expect((await detail('?unmasked=true')).status).toBe(403);
    const trusted = await house.key(['cases:read', 'pid:read'], { name: 'trusted' });
    expect((await detail('', trusted)).text).not.toContain(sampleCitizenId(1));
    const audited: unknown[] = [];
    const { ledger } = house.parts;
    const { audit } = ledger;
    ledger.audit = async (entry) => {
      audited.push(entry);
      await audit(entry);
    };
    const { json } = await detail('?unmasked=true', trusted);
    ledger.audit = audit;
    expect(json.patient).toMatchObject({ pid: sampleCitizenId(1), mobile: '0812345678' });
    expect(json.cardRead.pid).toBe(sampleCitizenId(1));
    // what NHSO or a person wrote stays masked
    expect(json.history[0].detail.said).not.toContain(sampleCitizenId(1));
    expect(audited).toEqual([
      {
        at: house.parts.clock.now(),
        actor: 'trusted',
        action: 'unmasked',
        resource: `Case/${full.hcode}/${full.vn}`,
      },
    ]);
  });

  test('an id that is no citizen id is not shown at all while masked', async () => {
    const visit = sampleVisit({ vn: '691120083112', pid: 'AA1234567' });
    await house.put(
      sampleCase({ visit, vn: visit.vn, pid: null, state: 'needs-staff', reason: 'invalid-citizen-id' }),
    );
    const answer = await house.ask('GET', `/api/cases/${SAMPLE_HCODE}/${visit.vn}`, { key });
    expect(answer.json.patient).toMatchObject({ pid: null, pidValid: false });
    expect(answer.text).not.toContain('AA1234567');
  });

  test.each([
    [`/api/cases/${SAMPLE_HCODE}/000000000000`, 404],
    [`/api/cases/99999/${full.vn}`, 404],
    [`/api/cases/1/${full.vn}`, 400],
    [`/api/cases/${SAMPLE_HCODE}/%00`, 400],
    [`/api/cases/${SAMPLE_HCODE}/%zz`, 400],
    [`/api/cases/${SAMPLE_HCODE}/${full.vn}?unmasked=yes`, 400],
    [`/api/cases/${SAMPLE_HCODE}/${full.vn}?pid=1`, 400],
  ])('%s → %i', async (path, status) => {
    const answer = await house.ask('GET', path, { key });
    expect(answer.status).toBe(status);
    expect(answer.json).toMatchObject({ status, code: status === 404 ? 'not-found' : 'bad-input' });
  });

  test('of another site is not there for a key that is bound', async () => {
    const bound = await house.key(['cases:read'], { hcode: OTHER_HCODE });
    expect((await detail('', bound)).status).toBe(404);
  });
});

describe('the list', () => {
  let own: TestHouse;
  let ownKey: string;
  beforeAll(async () => {
    own = await openHouse();
    ownKey = await own.key(['cases:read']);
    const yesterday = parseServiceDate('2026-11-19') ?? full.serviceDate;
    const some: Case[] = Array.from({ length: 25 }, (_, i) =>
      sampleCase({
        vn: `6911200${String(i).padStart(5, '0')}`,
        pid: sampleCitizenId(i),
        hcode: i % 5 === 0 ? OTHER_HCODE : SAMPLE_HCODE,
        serviceDate: i < 10 ? yesterday : full.serviceDate,
        ...(i % 2 === 0 ? {} : { state: 'needs-staff' as const, reason: 'no-phone' as const }),
      }),
    );
    await own.put(...some);
  });
  afterAll(() => own.close());

  const list = (query: string, withKey = ownKey) => own.ask('GET', `/api/cases${query}`, { key: withKey });
  const vns = (json: { items: { vn: string }[] }) => json.items.map((item) => item.vn);

  test('has pages that hold every case once, newest first', async () => {
    const seen: string[] = [];
    let next: string | null = '/api/cases?limit=10';
    while (next !== null) {
      const page = await own.ask('GET', next, { key: ownKey });
      expect(page.status).toBe(200);
      expect(casePageSchema.safeParse(page.json).error).toBeUndefined();
      seen.push(...vns(page.json));
      next = page.json.next;
      expect(page.headers.get('link')).toBe(next === null ? null : `<${next}>; rel="next"`);
    }
    expect(seen).toHaveLength(25);
    expect(new Set(seen).size).toBe(25);
    const dates = (await list('')).json.items.map((item: { serviceDate: string }) => item.serviceDate);
    expect(dates).toEqual([...dates].sort().reverse());
  });

  test('is narrowed by date, state, site and reason', async () => {
    expect(vns((await list('?date=2026-11-19')).json)).toHaveLength(10);
    expect(vns((await list('?state=needs-staff')).json)).toHaveLength(12);
    expect(vns((await list('?state=needs-staff,awaiting-card')).json)).toHaveLength(25);
    expect(vns((await list(`?site=${OTHER_HCODE}`)).json)).toHaveLength(5);
    expect(vns((await list('?reason=no-phone&date=2026-11-19')).json)).toHaveLength(5);
    const next = (await list('?state=needs-staff&limit=5')).json.next;
    expect(vns((await own.ask('GET', next, { key: ownKey })).json)).toHaveLength(5);
  });

  test('is the own site’s for a key that is bound', async () => {
    const bound = await own.key(['cases:read'], { hcode: OTHER_HCODE });
    expect(vns((await list('', bound)).json)).toHaveLength(5);
    expect((await list(`?site=${SAMPLE_HCODE}`, bound)).status).toBe(403);
  });

  test.each([
    ['date', '?date=2569-13-01'],
    ['date', '?date=2026-02-30'],
    ['date', '?date=2026-11-19&date=2026-11-20'],
    ['state', '?state=lost'],
    ['state', '?state=ready,lost'],
    ['reason', '?reason=rain'],
    ['limit', '?limit=0'],
    ['limit', '?limit=501'],
    ['limit', '?limit=ten'],
    ['after', '?after=rubbish'],
    ['stat', '?stat=ready'],
    ['unmasked', '?unmasked=true'],
  ])('a wrong %s is named: %s', async (field, query) => {
    const answer = await list(query);
    expect(answer.status).toBe(400);
    expect(answer.json.fields[0].field).toBe(field);
  });

  test('next is a whole address where the bridge knows its own', async () => {
    const known = await openHouse({ publicUrl: 'https://bridge.hospital.example/' });
    await known.put(sampleCase({ vn: '1' }), sampleCase({ vn: '2', pid: sampleCitizenId(2) }));
    const { json } = await known.ask('GET', '/api/cases?limit=1', { key: await known.key(['cases:read']) });
    expect(json.next).toMatch(/^https:\/\/bridge\.hospital\.example\/api\/cases\?limit=1&after=/);
    await known.close();
  });
});
