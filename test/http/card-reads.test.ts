import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addDays, bangkokIso, DAY_MS, endOfServiceDate } from '../../src/domain/bangkok.ts';
import type { CardReadMessage } from '../../src/domain/card-read.ts';
import {
  SAMPLE_AT,
  SAMPLE_DATE,
  SAMPLE_HCODE,
  sampleCase,
  sampleCitizenId,
  sampleRead,
} from '../support/samples.ts';
import { OTHER_HCODE, openHouse, type TestHouse } from './support/house.ts';

let house: TestHouse;
let key: string;
beforeAll(async () => {
  house = await openHouse();
  key = await house.key(['card-reads:write'], { hcode: SAMPLE_HCODE, stationId: 'counter-1' });
});
afterAll(() => house.close());

let made = 0;
/** A message of a person that no other test has, as the reader worker sends it. */
function message(overrides: Record<string, unknown> = {}): CardReadMessage & Record<string, unknown> {
  made += 1;
  const { right, claimTypes, person, correlationId } = sampleRead();
  return {
    id: `5a3f0c1e-0000-4000-8000-${String(made).padStart(12, '0')}`,
    pid: sampleCitizenId(1000 + made),
    readAt: bangkokIso(SAMPLE_AT),
    kind: 'full',
    correlationId,
    claimTypes,
    right: right && { ...right, startDateTime: '2020-01-01T00:00:00+07:00' },
    person,
    ...overrides,
  };
}

function send(body: unknown, withKey = key) {
  return house.ask('POST', '/api/card-reads', { key: withKey, body });
}

describe('a card read', () => {
  test('is taken in once: 201, and 200 when it comes again', async () => {
    const body = message();
    const first = await send(body);
    expect(first.status).toBe(201);
    expect(first.json).toEqual({ id: body.id, duplicate: false, paired: null, nhso: 'up' });
    const again = await send({ ...body, id: body.id.toUpperCase() });
    expect(again.status).toBe(200);
    expect(again.json).toMatchObject({ id: body.id, duplicate: true });
    expect(await house.ledger.cardRead(body.id)).toMatchObject({
      hcode: SAMPLE_HCODE,
      stationId: 'counter-1',
      pid: body.pid,
      readAt: SAMPLE_AT,
      right: { mainInscl: sampleRead().right?.mainInscl },
    });
  });

  test('is paired with the visit that waits for it', async () => {
    const body = message();
    await house.put(sampleCase({ vn: '691120090001', pid: sampleCitizenId(1000 + made) }));
    const answer = await send(body);
    expect(answer.json.paired).toEqual({ hcode: SAMPLE_HCODE, vn: '691120090001', state: 'ready' });
  });

  test('needs no more than id, pid, time and kind', async () => {
    const { id, pid, readAt } = message();
    expect((await send({ id, pid, readAt, kind: 'card-only' })).status).toBe(201);
  });

  test('may be of any offset and of the last seven days, and five minutes ahead', async () => {
    const now = house.parts.clock.now();
    for (const readAt of [
      new Date(SAMPLE_AT).toISOString(),
      bangkokIso(now + 5 * 60_000),
      bangkokIso(now - 7 * DAY_MS + 60_000),
      bangkokIso(endOfServiceDate(addDays(SAMPLE_DATE, -1))),
    ]) {
      expect([readAt, (await send(message({ readAt }))).status]).toEqual([readAt, 201]);
    }
  });
});

test('one from the future is not faulty: a clock is wrong, and it is to be kept', async () => {
  const answer = await send(message({ readAt: bangkokIso(SAMPLE_AT + 3_600_000) }));
  expect(answer.status).toBe(425);
  expect(answer.json).toMatchObject({
    code: 'clocks-differ',
    detail: expect.stringContaining('minutes ahead'),
  });
  expect(answer.headers.get('retry-after')).toBe('30');
});

describe('a faulty one names the field and what was expected', () => {
  const cases: [string, Record<string, unknown>, RegExp][] = [
    ['id', { id: 'one' }, /UUID/],
    ['pid', { pid: '9900000000017' }, /13 digits with a valid check digit/],
    ['pid', { pid: undefined }, /citizen id/],
    ['pid', { pid: 1234567890123 }, /citizen id/],
    ['readAt', { readAt: '2026-11-20T08:15:00' }, /offset/],
    ['readAt', { readAt: '20/11/2569' }, /offset/],
    ['readAt', { readAt: '2569-11-20T08:15:00+07:00' }, /not in the future/],
    ['readAt', { readAt: bangkokIso(SAMPLE_AT - 8 * DAY_MS) }, /last 7 days/],
    ['kind', { kind: 'other' }, /one of full, card-only, certified, photo/],
    ['claimTypes[0].claimType', { claimTypes: [{}] }, /text/],
    ['right.hospMain.hcode', { right: { hospMain: { hname: 'x' } } }, /text/],
    ['person.birthDate', { person: { birthDate: '25230413' } }, /Gregorian/],
    ['person.fname', { person: { fname: 'a\0b' } }, /NUL/],
    ['person.fname', { person: { fname: 'a\ud800' } }, /broken/],
    ['correlationID', { correlationID: 'typing error' }, /no such field/],
    ['person.image', { person: { image: 'x' } }, /no such field/],
  ];
  test.each(cases)('%s %j', async (field, wrong, expected) => {
    const answer = await send(message(wrong));
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(answer.json.code).toBe('bad-input');
    const fault = answer.json.fields.find((f: { field: string }) => f.field === field);
    expect(fault?.expected).toMatch(expected);
  });

  test('all at once', async () => {
    const answer = await send({});
    const fields = answer.json.fields.map((f: { field: string }) => f.field).sort();
    expect(fields).toEqual(['id', 'kind', 'pid', 'readAt']);
  });

  test.each(['[]', '"x"', 'null', '17'])('%s is no message', async (body) => {
    expect((await send(body)).status).toBe(400);
  });

  test('and never says what was sent', async () => {
    const secret = '1234567890128';
    for (const body of [
      message({ pid: secret }),
      message({ kind: secret }),
      message({ [secret]: 1 }),
      message({ person: { [secret]: 1 } }),
      message({ id: secret }),
      `{"pid":"${secret}`,
    ]) {
      const answer = await send(body);
      expect(answer.status).toBe(400);
      expect(answer.text).not.toContain(secret);
    }
    expect(house.logged()).not.toContain(secret);
  });

  test('a thousand wrong fields do not make a long answer', async () => {
    const answer = await send(Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`x${i}`, 1])));
    expect(answer.status).toBe(400);
    expect(answer.json.fields).toHaveLength(20);
  });

  test('no JSON at all is answered with 4xx', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (body) => {
        expect((await send(JSON.stringify(body))).status).toBe(400);
      }),
      { numRuns: 50 },
    );
  });
});

describe('where it comes from', () => {
  test('is the key’s business; the message may say the same', async () => {
    const answer = await send(message({ hcode: SAMPLE_HCODE, stationId: 'counter-1' }));
    expect(answer.status).toBe(201);
  });

  test.each([
    ['hcode', { hcode: OTHER_HCODE }, SAMPLE_HCODE],
    ['stationId', { stationId: 'counter-2' }, 'counter-1'],
  ])('another %s than the key’s is refused, and the reader keeps the read', async (field, body, bound) => {
    const answer = await send(message(body));
    expect(answer.status).toBe(403);
    expect(answer.json.fields).toEqual([{ field, expected: expect.stringContaining(bound) }]);
  });

  test('with a key that is not bound, the message must say it', async () => {
    const free = await house.key(['card-reads:write']);
    const fieldOf = async (body: unknown) => {
      const { status, json } = await send(body, free);
      return [status, json.fields?.[0].field];
    };
    expect(await fieldOf(message())).toEqual([400, 'hcode']);
    expect(await fieldOf(message({ hcode: SAMPLE_HCODE }))).toEqual([400, 'stationId']);
    expect(await fieldOf(message({ hcode: '99999', stationId: 'counter-1' }))).toEqual([403, 'hcode']);
    expect(await fieldOf(message({ hcode: SAMPLE_HCODE, stationId: 'attic' }))).toEqual([403, 'stationId']);
    expect((await send(message({ hcode: OTHER_HCODE, stationId: 'counter-2' }), free)).status).toBe(201);
  });
});
