/** Certified and photo reads: they prove that the patient was there, nothing is asked with them, and a code that turns up is taken. */

import { describe, expect, it } from 'vitest';
import { addDays, endOfServiceDate } from '../../../src/domain/bangkok.ts';
import type { CardRead } from '../../../src/domain/card-read.ts';
import type { Case } from '../../../src/domain/case.ts';
import { dayOver } from '../../../src/domain/machine/day-end.ts';
import { cardPaired, visitGone, visitSeen, wantsCard } from '../../../src/domain/machine/facts.ts';
import { lookedUp, lookupRefused } from '../../../src/domain/machine/lookup.ts';
import { waitForNhso } from '../../../src/domain/machine/obtain.ts';
import { photoDeleted } from '../../../src/domain/machine/photo.ts';
import { codeFoundInRun } from '../../../src/domain/machine/reconcile.ts';
import { adoptCode, closeCase, retryCase } from '../../../src/domain/machine/staff.ts';
import type { Change } from '../../../src/domain/machine/transition.ts';
import type { Visit } from '../../../src/domain/visit.ts';
import {
  SAMPLE_DATE,
  sampleCertifiedRead,
  sampleCitizenId,
  samplePhotoRead,
  sampleRead,
  sampleVisit,
} from '../../support/samples.ts';
import * as given from './given.ts';
import { expectLegal, expectSound } from './legal.ts';

const { AT, CODE, NEXT_DAY, POLICY, READ, STAFF } = given;
const CERTIFIED = sampleCertifiedRead();
const WAITS = {
  state: 'needs-staff',
  reason: 'enter-at-nhso',
  reasonDetail: null,
  nextStep: 'lookup',
} as const;
const EITHER: [string, CardRead][] = [
  ['certified', CERTIFIED],
  ['photo', samplePhotoRead()],
];

function next(c: Case, changed: Change | null): Case {
  if (changed === null) throw new Error('a change was expected');
  expectLegal(c, changed);
  expectSound(changed.next);
  return changed.next;
}

const paired = (read: CardRead, c = given.awaiting()): Case => next(c, cardPaired(c, read, POLICY, AT));
const see = (c: Case, news: Partial<Visit>, read: CardRead | null = CERTIFIED): Case =>
  next(c, visitSeen(c, { ...c.visit, ...news }, read, POLICY, AT));
const lookUp = (c: Case, match: Parameters<typeof lookedUp>[1], at = AT, read = CERTIFIED): Case =>
  next(c, lookedUp(c, match, { read, policy: POLICY, gap: null }, given.LOOKUP_TIMES, at));

describe.each(EITHER)('a %s read', (kind, read) => {
  it('puts the visit on the list, to be entered at NHSO, and has it looked up at once', () => {
    expect(paired(read)).toMatchObject({
      ...WAITS,
      ...{ dueAt: AT, readKind: kind, readId: read.id, stationId: read.stationId },
      ...{ correlationId: null, askedAt: null, code: null },
    });
  });

  it('is looked up again and again, less and less often, and stays as it is', () => {
    const first = lookUp(paired(read), given.none());
    expect(first).toMatchObject({ ...WAITS, dueAt: AT + Math.max(600_000, AT - read.readAt) });
    const later = AT + 3 * 3_600_000;
    expect(lookUp(first, given.none(), later)).toMatchObject({ ...WAITS, dueAt: later + 12 * 600_000 });
    expect(waitForNhso(first, 'away', AT)).toBeNull();
    expect(next(first, lookupRefused(first, 'no good token', AT))).toMatchObject({
      ...WAITS,
      dueAt: AT + 60_000,
    });
  });

  it('a code that was entered there is taken', () => {
    expect(lookUp(paired(read), given.found())).toMatchObject({
      ...{ state: 'found-elsewhere', reason: null, nextStep: 'write-back' },
      code: { claimCode: CODE.claimCode, source: 'lookup' },
    });
  });

  it("the patient's own card takes its place: in full the code is asked for, alone it waits as usual", () => {
    const full = cardPaired(paired(read), READ, POLICY, AT).next;
    expect(full).toMatchObject({ state: 'ready', nextStep: 'draft', readKind: 'full', readId: READ.id });
    expect(full.correlationId).toBe(READ.correlationId);
    const alone = sampleRead({ id: 'alone', kind: 'card-only', correlationId: null });
    expect(cardPaired(paired(read), alone, POLICY, AT).next).toMatchObject({
      ...{ state: 'offline', reason: 'waiting-reread', readKind: 'card-only', nextStep: 'lookup' },
    });
    expect(wantsCard(paired(read))).toBe(true);
  });

  it('with the day over it is looked up once more, and then over with a reason of its own', () => {
    const midnight = endOfServiceDate(SAMPLE_DATE);
    const waiting = lookUp(paired(read), given.none(), midnight - 60_000);
    expect(waiting.dueAt).toBeGreaterThan(midnight + 3_600_000);
    expect(dayOver(waiting, midnight - 1)).toBeNull();
    const last = next(waiting, dayOver(waiting, midnight));
    expect(last).toMatchObject({ ...WAITS, dueAt: midnight });
    expect(dayOver(last, midnight + 60_000)).toBeNull();
    const over = lookUp(last, given.none(), NEXT_DAY);
    expect(over).toMatchObject({ state: 'expired', reason: 'day-over-not-entered', nextStep: null });
    expect(dayOver(over, NEXT_DAY)).toBeNull();
    // tried again by a person it says the same again
    const again = next(over, retryCase(over, read, POLICY, { ...STAFF, at: NEXT_DAY }));
    expect(lookUp(again, given.none(), NEXT_DAY)).toMatchObject({
      state: 'expired',
      reason: 'day-over-not-entered',
    });
    expect(lookUp(last, given.found(), NEXT_DAY)).toMatchObject({ state: 'found-elsewhere' });
  });

  it('the night takes a code for it, on the day and after it', () => {
    const waiting = paired(read);
    const over = lookUp(waiting, given.none(), NEXT_DAY);
    for (const c of [waiting, over]) {
      const found = codeFoundInRun(
        c,
        CODE,
        { source: 'authen-status', times: given.LOOKUP_TIMES },
        { run: 'r', at: NEXT_DAY },
      );
      expect(found?.next).toMatchObject({ state: 'found-elsewhere', code: { claimCode: CODE.claimCode } });
    }
  });

  it('a person looks at once, adopts a code, or closes', () => {
    const waiting = lookUp(paired(read), given.none());
    const retried = next(waiting, retryCase(waiting, read, POLICY, { ...STAFF, at: AT + 1000 }));
    expect(retried).toMatchObject({ ...WAITS, dueAt: AT + 1000 });
    const code = { ...given.HELD, source: 'staff' as const };
    expect(adoptCode(waiting, code, STAFF)?.next).toMatchObject({ state: 'found-elsewhere' });
    expect(closeCase(waiting, 'no code needed', STAFF)?.next).toMatchObject({ state: 'closed' });
  });

  it('is let go with the visit, or when the visit is another person’s or of another day', () => {
    const c = paired(read);
    expect(next(c, visitGone(c, AT))).toMatchObject({ state: 'cancelled', readId: null, nextStep: null });
    for (const news of [{ pid: sampleCitizenId(2) }, { serviceDate: addDays(SAMPLE_DATE, 1) }]) {
      expect(see(c, news, read)).toMatchObject({ state: 'awaiting-card', readId: null, nextStep: null });
    }
  });
});

describe('the phone that was given', () => {
  const silent = given.awaiting({ visit: sampleVisit({ phones: [] }) });

  it('serves where the HIS has none, and still does when the card comes', () => {
    const c = paired(CERTIFIED, silent);
    expect(c).toMatchObject({ ...WAITS, givenMobile: CERTIFIED.phone, staffMobile: null });
    expect(cardPaired(c, READ, POLICY, AT).next).toMatchObject({
      state: 'ready',
      givenMobile: CERTIFIED.phone,
    });
  });

  it('goes when the visit turns out to be another person’s, and does not stand in the history', () => {
    const c = paired(CERTIFIED, silent);
    expect(see(c, { pid: sampleCitizenId(2) })).toMatchObject({
      ...{ state: 'needs-staff', reason: 'no-phone', givenMobile: null },
    });
    expect(JSON.stringify(cardPaired(silent, CERTIFIED, POLICY, AT).history)).not.toContain(CERTIFIED.phone);
  });
});

it('the history says who certified: role, relation, reason, whose card; no name, no citizen id', () => {
  const read = sampleCertifiedRead({
    certifier: {
      ...(CERTIFIED.certifier ?? raise()),
      relation: `มารดา ${sampleCitizenId(5)}`,
    },
  });
  const changed = cardPaired(given.awaiting(), read, POLICY, AT);
  expectLegal(given.awaiting(), changed);
  const [line] = changed.history;
  expect(line).toMatchObject({
    event: 'card-paired',
    detail: {
      kind: 'certified',
      certifier: { cardReadId: 'officer', role: 'officer', reason: 'ลืมบัตร' },
    },
  });
  const text = JSON.stringify(line);
  expect(text).toContain('มารดา 9-xxxx');
  expect(text).not.toContain(read.certifier?.person.fname);
});

it('a photo that is deleted changes nothing but the history', () => {
  const c = given.written({ readKind: 'photo' });
  const changed = photoDeleted(c, { readId: 'p', why: 'kept-long-enough' }, AT);
  expectLegal(c, changed);
  const { version, updatedAt, ...rest } = changed.next;
  expect([version, updatedAt]).toEqual([c.version + 1, AT]);
  expect(c).toMatchObject(rest);
  expect(changed.history).toMatchObject([
    { event: 'photo-deleted', detail: { readId: 'p', why: 'kept-long-enough' } },
  ]);
});

function raise(): never {
  throw new Error('the sample has a certifier');
}
