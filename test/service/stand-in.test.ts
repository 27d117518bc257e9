/** Patients without their card, on real parts: somebody certifies, or a photo is taken; the code comes by NHSO's own page. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bangkokIso, DAY_MS, endOfServiceDate, serviceDateOf } from '../../src/domain/bangkok.ts';
import { isBridgeError } from '../../src/domain/bridge-error.ts';
import type { CardReadMessage } from '../../src/domain/card-read.ts';
import type { CardReadReceipt } from '../../src/service/bridge-api.ts';
import { SMALL_JPEG } from '../support/jpeg.ts';
import {
  ACTOR,
  expectHistoryExplains,
  HisOfTheFile,
  type Hospital,
  openHospital,
} from './support/hospital.ts';
import { citizenIdOf } from './support/quiet.ts';

const OFFICER = 9;
const MINUTE = 60_000;
const PLACE = { hcode: '10978', stationId: 'counter-1' };

let his: HisOfTheFile;
let hospital: Hospital;

beforeAll(async () => {
  his = await HisOfTheFile.start();
}, 60_000);
afterAll(() => his.close());
beforeEach(async () => {
  hospital = await openHospital(his);
});
afterEach(() => hospital.close());

type Message = CardReadMessage & typeof PLACE;

/** The read of person number n's own card, in full. Returns its id. */
async function readCard(n: number): Promise<string> {
  const { id } = await hospital.card(n);
  return id;
}

function certifying(n: number, cardReadId: string, more: Partial<Message> = {}): Message {
  return {
    ...{ id: crypto.randomUUID(), ...PLACE, pid: citizenIdOf(n), readAt: bangkokIso(hospital.now) },
    ...{ kind: 'certified', phone: '0898765432' },
    certifier: { cardReadId, role: 'officer', relation: 'พยาบาลคัดกรอง', reason: 'ลืมบัตร' },
    ...more,
  };
}

function photographed(n: number): Message {
  return {
    ...{ id: crypto.randomUUID(), ...PLACE, pid: citizenIdOf(n), readAt: bangkokIso(hospital.now) },
    ...{ kind: 'photo', phone: '0898765432', photo: SMALL_JPEG.toString('base64') },
  };
}

const send = (message: Message): Promise<CardReadReceipt> => hospital.bridge.acceptCardRead(message);
const refusal = async (message: Message): Promise<string> => {
  const told = await send(message).catch((error: unknown) => error);
  return isBridgeError(told) ? `${told.code} ${told.message}` : 'taken';
};

/** Somebody comes, and what stands in for their card is sent. */
async function comes(n: number, message: () => Promise<Message> | Message): Promise<string> {
  const vn = await hospital.visit(n);
  await hospital.poll();
  expect(await send(await message())).toMatchObject({ paired: { vn, state: 'needs-staff' } });
  await hospital.work();
  expect(await hospital.case(vn)).toMatchObject({
    ...{ state: 'needs-staff', reason: 'enter-at-nhso', nextStep: 'lookup', correlationId: null },
  });
  return vn;
}

describe.each([
  ['certified', async () => certifying(1, await readCard(OFFICER))],
  ['with a photo', async () => photographed(1)],
] as const)('a patient %s', (_, message) => {
  it.each(['new-authen', 'kiosk', 'line', 'erm'] as const)(
    'gets the code that a person has had for them (%s), and nothing is asked',
    async (channel) => {
      const vn = await comes(1, message);
      const { claimCode } = hospital.nhso.issueCode({ pid: citizenIdOf(1), channel });
      expect(await hospital.workOn(vn)).toMatchObject({
        ...{ state: 'written', code: { claimCode, source: 'lookup' } },
      });
      expect(await hospital.code(vn)).toBe(claimCode);
      expect([hospital.confirms(1), hospital.confirms(OFFICER)]).toEqual([0, 0]);
      await expectHistoryExplains(hospital, vn);
    },
  );

  it('is looked up at once when a person asks for it', async () => {
    const vn = await comes(1, message);
    hospital.nhso.issueCode({ pid: citizenIdOf(1), channel: 'new-authen' });
    await hospital.bridge.retry({ hcode: PLACE.hcode, vn }, ACTOR);
    await hospital.work();
    expect((await hospital.case(vn)).state).toBe('written');
  });

  it('whose own card turns up gets a code of their own, asked for once', async () => {
    const vn = await comes(1, message);
    await hospital.card(1);
    await hospital.work();
    expect(await hospital.case(vn)).toMatchObject({ state: 'written', code: { source: 'confirm' } });
    expect(hospital.confirms(1)).toBe(1);
  });

  it('who was entered at NHSO and whose card turns up then is not given a second one', async () => {
    const vn = await comes(1, message);
    const { claimCode } = hospital.nhso.issueCode({ pid: citizenIdOf(1), channel: 'new-authen' });
    await hospital.card(1);
    await hospital.work();
    expect(await hospital.case(vn)).toMatchObject({ state: 'written', code: { claimCode } });
    expect(hospital.nhso.codes(citizenIdOf(1))).toHaveLength(1);
  });

  it('for whom nobody asks there is told so when the day is over', async () => {
    const vn = await comes(1, message);
    hospital.pass(endOfServiceDate(serviceDateOf(hospital.now)) - hospital.now + MINUTE);
    await hospital.queue.tick('keep-house');
    await hospital.work();
    expect(await hospital.case(vn)).toMatchObject({
      ...{ state: 'expired', reason: 'day-over-not-entered', nextStep: null },
    });
    const asked = hospital.nhso.requests().length;
    await hospital.queue.tick('keep-house');
    await hospital.work();
    expect(hospital.nhso.requests()).toHaveLength(asked);
    expect(hospital.confirms(1)).toBe(0);
  });

  it('waits while NHSO is away, and goes on by itself', async () => {
    const vn = await comes(1, message);
    hospital.nhso.issueCode({ pid: citizenIdOf(1), channel: 'new-authen' });
    hospital.nhso.nhsoDown('500');
    expect(await hospital.workOn(vn)).toMatchObject({ state: 'needs-staff', reason: 'enter-at-nhso' });
    hospital.nhso.nhsoUp();
    for (let i = 0; i < 5 && (await hospital.case(vn)).state !== 'written'; i++) {
      hospital.pass(2 * MINUTE);
      await hospital.queue.tick('keep-house');
      await hospital.work();
    }
    expect((await hospital.case(vn)).state).toBe('written');
  });
});

describe('whoever certifies', () => {
  it('does so with their own card, read at this counter a moment ago', async () => {
    await hospital.visit(1);
    await hospital.poll();
    const own = await readCard(1);
    const officer = await readCard(OFFICER);
    expect(await refusal(certifying(1, crypto.randomUUID()))).toMatch(
      /^certifier-card-missing .*expected a read/,
    );
    expect(await refusal(certifying(1, own))).toMatch(
      /^bad-input certifier\.cardReadId: expected another person/,
    );
    const elsewhere = { ...certifying(1, officer), stationId: 'counter-2' };
    expect(await refusal(elsewhere)).toMatch(/this very station/);
    hospital.pass(10 * MINUTE + 1_000);
    expect(await refusal(certifying(1, officer))).toMatch(/10 minutes/);
  });

  it('may do so for several, each by a message of its own, and the same one twice is one', async () => {
    const vns = [await hospital.visit(1), await hospital.visit(2, { at: hospital.now + 1_000 })];
    await hospital.poll();
    const officer = await readCard(OFFICER);
    const first = certifying(1, officer);
    expect(await send(first)).toMatchObject({ duplicate: false, paired: { vn: vns[0] } });
    hospital.pass(5 * MINUTE);
    expect(await send(certifying(2, officer))).toMatchObject({ duplicate: false, paired: { vn: vns[1] } });
    hospital.pass(6 * MINUTE);
    // the card was in the reader when the message was made
    expect(await send(first)).toMatchObject({ duplicate: true, paired: { vn: vns[0] } });
    const stored = await hospital.ledger.cardRead(first.id);
    expect(stored?.certifier).toMatchObject({ cardReadId: officer, pid: citizenIdOf(OFFICER) });
    expect(await hospital.ledger.cardRead(officer), 'their own read serves nobody').toMatchObject({
      pairedVn: null,
    });
  });

  it('and is a patient today has a code of their own with that card, and the patient none of it', async () => {
    const theirs = await hospital.visit(OFFICER);
    const vn = await hospital.visit(1, { at: hospital.now + 1_000 });
    await hospital.poll();
    const card = await readCard(OFFICER);
    expect(await send(certifying(1, card))).toMatchObject({ paired: { vn } });
    await hospital.work();
    expect(await hospital.case(theirs)).toMatchObject({ state: 'written', readId: card });
    expect(await hospital.case(vn)).toMatchObject({ reason: 'enter-at-nhso', correlationId: null });
    expect([hospital.confirms(OFFICER), hospital.confirms(1)]).toEqual([1, 0]);
  });

  it('comes before the visit is registered: the read waits for it', async () => {
    const officer = await readCard(OFFICER);
    expect(await send(certifying(1, officer))).toMatchObject({ paired: null });
    const vn = await hospital.visit(1);
    await hospital.poll();
    expect(await hospital.case(vn)).toMatchObject({ reason: 'enter-at-nhso', readKind: 'certified' });
  });
});

it('the phone that was given serves where the HIS has none, also for a code of the card', async () => {
  const vn = await hospital.visit(1, { mobile: null });
  await hospital.poll();
  expect(await hospital.case(vn)).toMatchObject({ reason: 'no-phone' });
  await send(certifying(1, await readCard(OFFICER)));
  expect(await hospital.case(vn)).toMatchObject({ reason: 'enter-at-nhso', givenMobile: '0898765432' });
  await hospital.card(1);
  await hospital.work();
  expect((await hospital.case(vn)).state).toBe('written');
  expect(hospital.nhso.codes(citizenIdOf(1))).toMatchObject([{ mobile: '0898765432' }]);
});

describe('a photo', () => {
  it('is kept for its days, then deleted, and the visit’s history says so', async () => {
    const message = photographed(1);
    const vn = await comes(1, () => message);
    const { photos } = hospital.ledger;
    expect(Buffer.from((await photos.get(message.id)) ?? []).equals(SMALL_JPEG)).toBe(true);
    hospital.pass(30 * DAY_MS - MINUTE);
    await hospital.queue.tick('keep-house');
    expect(await photos.get(message.id)).not.toBeNull();
    hospital.pass(2 * MINUTE);
    await hospital.queue.tick('keep-house');
    expect(await photos.get(message.id)).toBeNull();
    const before = await hospital.case(vn);
    expect(await hospital.events(vn)).toContain('photo-deleted');
    await hospital.queue.tick('keep-house');
    expect((await hospital.case(vn)).version).toBe(before.version);
    await expectHistoryExplains(hospital, vn);
  });

  it('of somebody who never came to be registered is deleted all the same', async () => {
    const message = photographed(5);
    await send(message);
    hospital.pass(31 * DAY_MS);
    await hospital.queue.tick('keep-house');
    expect(await hospital.ledger.photos.get(message.id)).toBeNull();
  });

  it('that was taken in while the clock was ahead does not stay for as long as it was', async () => {
    const [normal, ahead] = [photographed(1), photographed(2)];
    await send(normal);
    hospital.pass(400 * DAY_MS);
    await send({ ...ahead, readAt: bangkokIso(hospital.now) });
    hospital.pass(-400 * DAY_MS);
    await hospital.queue.tick('keep-house');
    const { photos } = hospital.ledger;
    const kept = await Promise.all([normal, ahead].map(({ id }) => photos.keptUntil(id)));
    expect(kept).toEqual([hospital.now + 30 * DAY_MS, hospital.now + 30 * DAY_MS]);
    hospital.pass(30 * DAY_MS);
    await hospital.queue.tick('keep-house');
    expect(await photos.get(ahead.id)).toBeNull();
  });

  it('is deleted on its day whatever else cannot be done', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'authen-bridge-photos-'));
    const file = join(folder, 'bridge.db');
    await hospital.close();
    hospital = await openHospital(his, { store: `sqlite:${file}` });
    const [spoilt, fine] = [photographed(1), photographed(5)];
    const vn = await comes(1, () => spoilt);
    await send(fine);
    hospital.pass(30 * DAY_MS);
    const other = new Database(file);
    const visit = other.prepare('update visit_case set visit = ? where vn = ?');
    const { visit: before } = other.prepare('select visit from visit_case where vn = ?').get(vn) as {
      visit: string;
    };
    visit.run('{', vn);
    await expect(hospital.queue.tick('keep-house')).rejects.toThrow();
    expect(await hospital.ledger.photos.keptUntil(fine.id)).toBeNull();
    expect(await hospital.ledger.photos.keptUntil(spoilt.id), 'its history could not be told').not.toBeNull();
    visit.run(before, vn);
    await hospital.queue.tick('keep-house');
    expect(await hospital.ledger.photos.keptUntil(spoilt.id)).toBeNull();
    other.close();
    await rm(folder, { recursive: true });
  });

  it('that is none, or a phone that is none, is refused and nothing is stored', async () => {
    const cut = SMALL_JPEG.subarray(0, -2).toString('base64');
    const broken: Message = { ...photographed(1), photo: cut };
    expect(await refusal(broken)).toMatch(/^bad-input photo: expected a whole JPEG/);
    const silent: Message = { ...photographed(1), phone: '021234567' };
    expect(await refusal(silent)).toMatch(/^bad-input phone: expected/);
    for (const { id } of [broken, silent]) expect(await hospital.ledger.cardRead(id)).toBeNull();
  });
});
