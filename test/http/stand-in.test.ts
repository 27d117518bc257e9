/** Certified and photo reads over HTTP: what they must hold and what they cannot, and who sees what of them. */

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { bangkokIso, DAY_MS } from '../../src/domain/bangkok.ts';
import { maskCitizenId } from '../../src/domain/citizen-id.ts';
import { caseDetailSchema } from '../../src/http/schemas/case.ts';
import { jpegOf, SMALL_JPEG } from '../support/jpeg.ts';
import { SAMPLE_AT, SAMPLE_HCODE, sampleCase, sampleCitizenId, sampleRead } from '../support/samples.ts';
import { OTHER_HCODE, openHouse, type TestHouse } from './support/house.ts';

let house: TestHouse;
let key: string;
beforeAll(async () => {
  house = await openHouse();
  key = await house.key(['card-reads:write'], { hcode: SAMPLE_HCODE, stationId: 'counter-1' });
});
afterAll(() => house.close());

const OFFICER = sampleCitizenId(900);
let made = 0;
const uuid = () => `5a3f0c1e-0000-4000-9000-${String(++made).padStart(12, '0')}`;
const send = (body: unknown, withKey = key) => house.ask('POST', '/api/card-reads', { key: withKey, body });

/** An officer's own card is read at the counter; its id. */
async function officersCard(readAt = SAMPLE_AT): Promise<string> {
  const { person, claimTypes, correlationId } = sampleRead();
  const read = { id: uuid(), pid: OFFICER, readAt: bangkokIso(readAt), kind: 'full' };
  const answer = await send({ ...read, person: { ...person, fname: 'สมหญิง' }, claimTypes, correlationId });
  expect(answer.status).toBe(201);
  return read.id;
}

/** A whole message of a person that no other test has. */
async function certified(
  more: Record<string, unknown> = {},
): Promise<Record<string, unknown> & { id: string }> {
  const cardReadId = await officersCard();
  const id = uuid();
  return {
    ...{ id, pid: sampleCitizenId(2000 + made), readAt: bangkokIso(SAMPLE_AT + 60_000), kind: 'certified' },
    phone: '081-234-5678',
    certifier: { cardReadId, role: 'guardian', relation: 'มารดา', reason: 'เด็กยังไม่มีบัตร' },
    ...more,
  };
}

function photographed(more: Record<string, unknown> = {}): Record<string, unknown> & { id: string } {
  const id = uuid();
  return {
    ...{ id, pid: sampleCitizenId(2000 + made), readAt: bangkokIso(SAMPLE_AT), kind: 'photo' },
    ...{ phone: '0812345678', photo: SMALL_JPEG.toString('base64') },
    ...more,
  };
}

describe('a certified read', () => {
  test('is taken, and again, and is paired with the visit that waits', async () => {
    const body = await certified();
    await house.put(sampleCase({ vn: '691120100001', pid: body.pid as never }));
    const first = await send(body);
    expect([first.status, first.json]).toEqual([
      201,
      {
        ...{ id: body.id, duplicate: false, nhso: 'up' },
        paired: { hcode: SAMPLE_HCODE, vn: '691120100001', state: 'needs-staff' },
      },
    ]);
    const again = await send(body);
    expect([again.status, again.json.duplicate]).toEqual([200, true]);
    expect(await house.ledger.cardRead(body.id)).toMatchObject({
      ...{ kind: 'certified', phone: '0812345678', correlationId: null },
      certifier: { role: 'guardian', pid: OFFICER, person: { fname: 'สมหญิง' } },
    });
  });

  test('without the certifier’s card is not taken yet: 425, and once the card is here it is', async () => {
    const cardReadId = uuid();
    const body = await certified();
    const early = { ...body, certifier: { ...(body.certifier as object), cardReadId } };
    const answer = await send(early);
    expect(answer.status).toBe(425);
    expect(answer.headers.get('retry-after')).toBe('30');
    expect(answer.json).toMatchObject({
      code: 'certifier-card-missing',
      fields: [{ field: 'certifier.cardReadId', expected: expect.stringContaining("certifier's own card") }],
    });
    const card = { id: cardReadId, pid: OFFICER, readAt: bangkokIso(SAMPLE_AT), kind: 'card-only' };
    expect((await send(card)).status).toBe(201);
    expect((await send(early)).status).toBe(201);
  });

  test.each([
    ["of the patient's own card", { pid: OFFICER }, /another person/],
    ['a while after', { readAt: bangkokIso(SAMPLE_AT + 10 * 60_000 + 1_000) }, /within the 10 minutes/],
  ])('%s is refused for good', async (_, more, expected) => {
    const answer = await send(await certified(more));
    expect(answer.status).toBe(400);
    expect(answer.json.fields).toEqual([
      { field: 'certifier.cardReadId', expected: expect.stringMatching(expected) },
    ]);
  });

  test('by a card that was read at another counter is refused', async () => {
    const free = await house.key(['card-reads:write']);
    const body = { ...(await certified()), hcode: SAMPLE_HCODE, stationId: 'counter-2' };
    const answer = await send(body, free);
    expect([answer.status, answer.json.fields[0].expected]).toEqual([
      400,
      expect.stringContaining('this very station'),
    ]);
  });
});

describe('the cards that were read at a counter a moment ago', () => {
  const recent = (withKey: string, query = '') =>
    house.ask('GET', `/api/card-reads/recent${query}`, { key: withKey });

  test('are told with name, masked citizen id and how long they certify; nothing else is', async () => {
    const station = await house.key(['card-reads:write'], { hcode: OTHER_HCODE, stationId: 'counter-1' });
    const now = house.parts.clock.now();
    const put = async (n: number, readAt: number, more = {}) => {
      const read = { id: uuid(), pid: sampleCitizenId(n), readAt: bangkokIso(readAt), kind: 'card-only' };
      const answer = await send({ ...read, ...more }, station);
      expect(answer.status, answer.text).toBe(201);
      return read.id;
    };
    const [old, first, second] = [
      await put(901, now - 11 * 60_000),
      await put(902, now - 60_000, { person: { fname: 'สมหญิง', lname: 'รับรองดี', titleName: '004' } }),
      await put(903, now - 1_000),
    ];
    const photo = SMALL_JPEG.toString('base64');
    await put(904, now, { kind: 'photo', phone: '0812345678', photo });
    const { status, json } = await recent(station);
    expect(status).toBe(200);
    expect(json.items.map((item: { id: string }) => item.id)).toEqual([second, first]);
    expect(json.items[1]).toEqual({
      ...{ id: first, kind: 'card-only', readAt: bangkokIso(now - 60_000) },
      ...{ certifiesUntil: bangkokIso(now + 9 * 60_000), pid: maskCitizenId(sampleCitizenId(902)) },
      ...{ titleName: '004', fname: 'สมหญิง', lname: 'รับรองดี' },
    });
    expect(JSON.stringify(json)).not.toContain(old);
  });

  test('are those of the key’s counter', async () => {
    expect((await recent(key, '?stationId=counter-2')).status).toBe(403);
    const free = await house.key(['card-reads:write']);
    expect((await recent(free)).status).toBe(400);
    const other = await recent(free, `?hcode=${SAMPLE_HCODE}&stationId=counter-2`);
    expect([other.status, other.json.items]).toEqual([200, []]);
    expect((await recent(await house.key(['cases:read']))).status).toBe(403);
  });
});

describe('a faulty one names the field and what was expected', () => {
  const certifier = (more: object) => ({
    ...{ cardReadId: uuid(), role: 'officer', relation: 'พยาบาล', reason: 'ลืมบัตร' },
    ...more,
  });
  test.each<[string, Record<string, unknown>, RegExp]>([
    ['phone', { phone: undefined }, /with a read of kind "certified"/],
    ['phone', { phone: '021234567' }, /10-digit mobile/],
    ['phone', { phone: '0999999999' }, /10-digit mobile/],
    ['certifier', { certifier: undefined }, /with a read of kind "certified"/],
    ['certifier.cardReadId', { certifier: certifier({ cardReadId: 'x' }) }, /UUID/],
    ['certifier.role', { certifier: certifier({ role: 'neighbour' }) }, /guardian, carer, officer/],
    ['certifier.relation', { certifier: certifier({ relation: ' ' }) }, /related/],
    ['certifier.reason', { certifier: certifier({ reason: undefined }) }, /text/],
    ['certifier.fname', { certifier: certifier({ fname: 'typed' }) }, /no such field/],
    ['certifier.pid', { certifier: certifier({ pid: OFFICER }) }, /no such field/],
    ['pid', { pid: '9900000000017' }, /check digit/],
    ['correlationId', { correlationId: 'of the officer' }, /none with a read of kind "certified"/],
    ['claimTypes', { claimTypes: sampleRead().claimTypes }, /none/],
    ['person', { person: { fname: 'typed' } }, /none/],
    ['photo', { photo: SMALL_JPEG.toString('base64') }, /none with a read of kind "certified"/],
  ])('%s %j', async (field, wrong, expected) => {
    const answer = await send({ ...(await certified()), ...wrong });
    expect(answer.status).toBe(400);
    const fault = answer.json.fields.find((f: { field: string }) => f.field === field);
    expect(fault?.expected).toMatch(expected);
    expect(answer.text).not.toContain(OFFICER);
  });

  test.each<[string, Record<string, unknown>, RegExp]>([
    ['photo', { photo: undefined }, /with a read of kind "photo"/],
    ['photo', { photo: SMALL_JPEG.subarray(0, -2).toString('base64') }, /whole JPEG/],
    ['photo', { photo: `data:image/jpeg;base64,${SMALL_JPEG.toString('base64')}` }, /whole JPEG/],
    ['photo', { photo: Buffer.from('\u0089PNG').toString('base64') }, /whole JPEG/],
    ['photo', { photo: jpegOf(1024 * 1024 + 60).toString('base64') }, /at most 1024 kB/],
    ['certifier', { certifier: certifier({}) }, /none with a read of kind "photo"/],
    ['phone', { phone: null }, /with a read of kind "photo"/],
  ])('%s %#', async (field, wrong, expected) => {
    const answer = await send(photographed(wrong));
    expect(answer.status).toBe(400);
    const fault = answer.json.fields.find((f: { field: string }) => f.field === field);
    expect(fault?.expected).toMatch(expected);
  });

  test('a card that was read has neither phone nor certifier nor photo', async () => {
    const read = { id: uuid(), pid: OFFICER, readAt: bangkokIso(SAMPLE_AT), kind: 'card-only' };
    const more = { phone: '0812345678', certifier: certifier({}), photo: SMALL_JPEG.toString('base64') };
    const { status, json } = await send({ ...read, ...more });
    expect(status).toBe(400);
    expect(json.fields.map((f: { field: string }) => f.field).sort()).toEqual([
      'certifier',
      'phone',
      'photo',
    ]);
  });
});

describe('a photo', () => {
  const seer = (bound = {}) => house.key(['pid:read'], bound);
  const show = async (id: string, withKey: string) =>
    fetch(`${house.url}/api/card-reads/${id}/photo`, { headers: { authorization: `Bearer ${withKey}` } });

  test('of a megabyte is taken; more than that is too large for any message', async () => {
    const photo = jpegOf(1024 * 1024);
    const body = photographed({ photo: photo.toString('base64') });
    expect((await send(body)).status).toBe(201);
    const answer = await show(body.id, await seer());
    expect(Buffer.from(await answer.arrayBuffer()).equals(photo)).toBe(true);
    expect((await send(photographed({ photo: 'A'.repeat(1_600_000) }))).status).toBe(413);
  });

  test('is shown to whoever may see citizen ids, and that is written down first', async () => {
    const body = photographed();
    expect((await send(body)).status).toBe(201);
    const audit = vi.spyOn(house.ledger, 'audit');
    const answer = await show(body.id, await seer({ name: 'head nurse' }));
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'image/jpeg']);
    expect([answer.headers.get('cache-control'), answer.headers.get('x-content-type-options')]).toEqual([
      'no-store',
      'nosniff',
    ]);
    expect(Buffer.from(await answer.arrayBuffer()).equals(SMALL_JPEG)).toBe(true);
    expect(audit.mock.calls).toEqual([
      [
        expect.objectContaining({
          ...{ actor: 'head nurse', action: 'photo-shown', resource: `CardRead/${body.id}` },
        }),
      ],
    ]);
    audit.mockRejectedValueOnce(new Error('the disk is full'));
    expect((await show(body.id, await seer())).status, 'nobody sees what is not written down').toBe(500);
    audit.mockRestore();
  });

  test('is shown to nobody else, and is not there for another hospital', async () => {
    const body = photographed();
    await send(body);
    const [writer, reader] = [key, await house.key(['cases:read', 'fhir:read', 'card-reads:write'])];
    expect((await show(body.id, writer)).status).toBe(403);
    expect((await show(body.id, reader)).status).toBe(403);
    expect((await show(body.id, await seer({ hcode: OTHER_HCODE }))).status).toBe(404);
    expect((await show(uuid(), await seer())).status).toBe(404);
    expect((await show(await officersCard(), await seer())).status).toBe(404);
    expect((await fetch(`${house.url}/api/card-reads/${body.id}/photo`)).status).toBe(401);
  });

  test('that was deleted is said to be', async () => {
    const body = photographed();
    await send(body);
    await house.ledger.photos.remove(body.id, []);
    const answer = await show(body.id, await seer());
    expect([answer.status, await answer.text()]).toEqual([404, expect.stringContaining('days were over')]);
  });

  test('whose days are over is shown to nobody, also before it is deleted', async () => {
    const body = photographed();
    await send(body);
    house.wait(30 * DAY_MS - 1_000);
    expect((await show(body.id, await seer())).status).toBe(200);
    house.wait(1_000);
    const answer = await show(body.id, await seer());
    house.wait(-30 * DAY_MS);
    expect([answer.status, await answer.text()]).toEqual([404, expect.stringContaining('days were over')]);
  });

  test('stands in no log line', async () => {
    const body = photographed({ photo: `${SMALL_JPEG.toString('base64').slice(0, -8)}AAAAAAAA` });
    expect((await send(body)).status).toBe(400);
    expect(house.logged()).not.toContain(SMALL_JPEG.toString('base64').slice(0, 40));
  });
});

describe('the case shows', () => {
  async function shown(body: Record<string, unknown> & { id: string }, vn: string, query = '') {
    await house.put(sampleCase({ vn, pid: body.pid as never, hn: vn.slice(-6) }));
    expect((await send(body)).status).toBe(201);
    const reader = await house.key(['cases:read', 'pid:read']);
    const { status, json } = await house.ask('GET', `/api/cases/${SAMPLE_HCODE}/${vn}${query}`, {
      key: reader,
    });
    expect(status).toBe(200);
    expect(caseDetailSchema.safeParse(json).error).toBeUndefined();
    return json;
  }

  test('who certified, masked', async () => {
    const body = await certified();
    const json = await shown(body, '691120100011');
    expect(json).toMatchObject({
      ...{ state: 'needs-staff', reason: 'enter-at-nhso', readKind: 'certified', nextStep: 'lookup' },
      reasonText: { next: { th: expect.stringContaining('New Authen') } },
      cardRead: {
        ...{ kind: 'certified', phone: '081-xxx-5678', photoKeptUntil: null },
        certifier: { role: 'guardian', relation: 'มารดา', fname: 'สมหญิง', pid: maskCitizenId(OFFICER) },
      },
      patient: { mobile: '081-xxx-5678', mobileSource: 'his' },
    });
    const paired = json.history.find((h: { event: string }) => h.event === 'card-paired');
    expect(paired.detail.certifier).toMatchObject({ role: 'guardian', reason: 'เด็กยังไม่มีบัตร' });
    for (const secret of [OFFICER, body.pid, 'สมหญิง'])
      expect(JSON.stringify(json.history)).not.toContain(secret);
    expect(JSON.stringify(json)).not.toContain(OFFICER);
  });

  test('whole to whoever may see it', async () => {
    const json = await shown(await certified(), '691120100012', '?unmasked=true');
    expect(json.cardRead).toMatchObject({ phone: '0812345678', certifier: { pid: OFFICER } });
  });

  test('until when the photo is kept', async () => {
    const json = await shown(photographed(), '691120100013');
    expect(json.cardRead).toMatchObject({
      ...{
        kind: 'photo',
        certifier: null,
        photoKeptUntil: bangkokIso(SAMPLE_AT + 600_000 + 30 * 86_400_000),
      },
    });
    expect(JSON.stringify(json)).not.toContain('/9j/');
  });
});
