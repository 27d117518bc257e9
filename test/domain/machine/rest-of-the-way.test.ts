/** Write-back, a person's decisions, the end of the day. */

import { describe, expect, it } from 'vitest';
import type { Case } from '../../../src/domain/case.ts';
import { dayOver } from '../../../src/domain/machine/day-end.ts';
import * as staff from '../../../src/domain/machine/staff.ts';
import type { Change } from '../../../src/domain/machine/transition.ts';
import {
  type WriteBackResult,
  waitForHis,
  writeBackRefused,
  writtenBack,
} from '../../../src/domain/machine/write-back.ts';
import { sampleCitizenId, sampleVisit } from '../../support/samples.ts';
import * as given from './given.ts';
import { expectLegal } from './legal.ts';

const { AT, HELD, NEXT_DAY, POLICY, READ, STAFF } = given;

function next(c: Case, changed: Change | null): Case {
  if (changed === null) throw new Error('a change was expected');
  expectLegal(c, changed);
  return changed.next;
}

describe('write-back', () => {
  it.each<[WriteBackResult, Partial<Case>]>([
    [
      { kind: 'written', row: { vn: '1' }, previous: null },
      { state: 'written', reason: null, writtenAt: AT },
    ],
    [{ kind: 'already' }, { state: 'written', writtenAt: AT }],
    [
      { kind: 'occupied', holds: 'PP9' },
      { reason: 'his-holds-other-code', reasonDetail: 'PP9' },
    ],
    [{ kind: 'no-row' }, { reason: 'his-row-missing' }],
    [{ kind: 'locked' }, { reason: 'his-row-locked' }],
    [
      { kind: 'not-kept', holds: 'PP10' },
      { reason: 'his-refused', reasonDetail: 'PP10' },
    ],
    [{ kind: 'no-visit' }, { reason: 'visit-cancelled-after-code', visitGone: true }],
  ])('%o', (result, expected) => {
    const c = given.confirmed();
    const told = next(c, writtenBack(c, result, AT));
    expect(told).toMatchObject({
      state: 'needs-staff',
      ...expected,
      code: HELD,
      nextStep: null,
      dueAt: null,
    });
  });
  it('keeps in the history what an undo needs, and no citizen id that a clerk typed', () => {
    const row = { vn: '1', pttype: '89' };
    const [line] = writtenBack(given.confirmed(), { kind: 'written', row, previous: '' }, AT).history;
    expect(line?.detail).toMatchObject({ claimCode: HELD.claimCode, row, previous: '' });
    const occupied = writtenBack(given.confirmed(), { kind: 'occupied', holds: sampleCitizenId(7) }, AT);
    expect(JSON.stringify([occupied.history, occupied.next.reasonDetail])).not.toContain(sampleCitizenId(7));
  });
  it('waits for a HIS that is away, once said; tells a person of one that does not permit it', () => {
    const c = given.confirmed();
    const waiting = next(c, waitForHis(c, 'away', AT));
    expect(waiting).toMatchObject({
      state: 'confirmed',
      reason: 'waiting-his',
      nextStep: 'write-back',
      stepSeq: c.stepSeq,
    });
    expect(waitForHis(waiting, 'away', AT)).toBeNull();
    expect(next(c, writeBackRefused(c, 'no grant', AT))).toMatchObject({
      reason: 'his-refused',
      reasonDetail: 'no grant',
      code: HELD,
    });
  });
});

describe('a person', () => {
  const mismatch = given.onList('person-mismatch', {
    pid: sampleCitizenId(1),
    code: HELD,
    visit: sampleVisit({ pid: sampleCitizenId(2) }),
  });
  const retry = (c: Case, at = AT) => staff.retryCase(c, READ, POLICY, { ...STAFF, at });
  it.each<[string, Case, (c: Case) => Change | null, Partial<Case> | null]>([
    [
      'phone',
      given.onList('no-phone', { visit: sampleVisit({ phones: [] }) }),
      (c) => staff.givePhone(c, '0612345679', READ, POLICY, STAFF),
      { state: 'ready', staffMobile: '0612345679', nextStep: 'draft' },
    ],
    [
      'phone, refused before',
      given.onList('refused'),
      (c) => staff.givePhone(c, '0612345679', READ, POLICY, STAFF),
      { state: 'ready', reason: null },
    ],
    [
      'phone, but asked',
      given.onList('code-ambiguous', { askedAt: AT }),
      (c) => staff.givePhone(c, '0612345679', READ, POLICY, STAFF),
      null,
    ],
    [
      'phone, but written',
      given.written(),
      (c) => staff.givePhone(c, '0612345679', READ, POLICY, STAFF),
      null,
    ],
    [
      'type, another draft',
      given.drafted(),
      (c) => staff.chooseClaimType(c, 'PG0130001', READ, POLICY, STAFF),
      { state: 'ready', claimType: 'PG0130001', nextStep: 'draft' },
    ],
    [
      'type, but asking',
      given.confirming(),
      (c) => staff.chooseClaimType(c, 'PG0130001', READ, POLICY, STAFF),
      null,
    ],
    [
      'adopt',
      given.awaiting(),
      (c) => staff.adoptCode(c, { ...HELD, source: 'staff' }, STAFF),
      { state: 'found-elsewhere', nextStep: 'write-back', code: { ...HELD, source: 'staff' } },
    ],
    [
      'adopt for a visit of another',
      mismatch,
      (c) => staff.adoptCode(c, HELD, STAFF),
      { state: 'needs-staff', reason: 'person-mismatch' },
    ],
    ['adopt while asking', given.unknown(), (c) => staff.adoptCode(c, HELD, STAFF), null],
    [
      'close',
      given.awaiting(),
      (c) => staff.closeCase(c, 'why', STAFF),
      { state: 'closed', reason: 'closed-by-staff', reasonDetail: 'why' },
    ],
    ['close while asking', given.confirming(), (c) => staff.closeCase(c, 'why', STAFF), null],
    ['close what is written', given.written(), (c) => staff.closeCase(c, 'why', STAFF), null],
    [
      'retry a write-back',
      given.onList('his-row-locked', { code: HELD, askedAt: AT }),
      retry,
      { state: 'found-elsewhere', nextStep: 'write-back', code: HELD },
    ],
    ['retry the wrong person', mismatch, retry, null],
    [
      'retry a cancelled one',
      given.onList('visit-cancelled-after-code', { code: HELD, visitGone: true }),
      retry,
      null,
    ],
    [
      'retry what was asked',
      given.onList('code-does-not-fit', { askedAt: AT }),
      retry,
      { state: 'unknown', reason: 'code-does-not-fit', nextStep: 'lookup' },
    ],
    ['retry a refusal', given.onList('refused'), retry, { state: 'ready', nextStep: 'draft', reason: null }],
    ['retry a step', given.offline(), retry, { state: 'offline', nextStep: 'lookup', dueAt: AT, stepSeq: 6 }],
    ['retry a lost answer', given.unknown(), retry, null],
    ['retry a lost answer, NHSO away', given.unknown({ reason: 'waiting-nhso' }), retry, null],
    [
      'retry a refusal that NHSO did not let be looked up',
      given.unknown({ reason: 'refused', dueAt: NEXT_DAY }),
      retry,
      { state: 'unknown', reason: 'refused', nextStep: 'lookup', dueAt: AT },
    ],
    [
      'retry a look-up that NHSO refused',
      given.unknown({ reason: 'lookup-refused', dueAt: NEXT_DAY }),
      retry,
      { state: 'unknown', reason: 'lookup-refused', nextStep: 'lookup', dueAt: AT },
    ],
    [
      'retry a look-up that NHSO refused until the day was over',
      given.onList('lookup-refused', { askedAt: AT - 45_000 }),
      retry,
      { state: 'unknown', reason: 'lookup-refused', nextStep: 'lookup', dueAt: AT },
    ],
    [
      'retry an ended day',
      given.awaiting({ state: 'expired' }),
      (c) => retry(c, NEXT_DAY),
      { state: 'awaiting-card', nextStep: 'lookup' },
    ],
    [
      'retry a day that has not ended',
      given.awaiting({ state: 'expired' }),
      (c) => staff.retryCase(c, null, POLICY, STAFF),
      { state: 'awaiting-card', nextStep: null },
    ],
    ['retry what is written', given.written(), retry, null],
  ])('%s', (_, c, decide, expected) => {
    const changed = decide(c);
    if (expected === null) expect(changed).toBeNull();
    else {
      expect(next(c, changed)).toMatchObject(expected);
      expect(changed?.history[0]?.actor).toBe(STAFF.actor);
    }
  });
});

describe('the end of the day', () => {
  const lookup = { nextStep: 'lookup', dueAt: NEXT_DAY };
  it.each<[string, Case, Partial<Case> | null]>([
    ['no card', given.awaiting(), { state: 'awaiting-card', ...lookup } as Partial<Case>],
    ['no card, looked up already', given.awaiting({ nextStep: 'lookup' }), null],
    [
      'no person to look up',
      given.awaiting({ pid: null, reasonDetail: 'NHSO away' }),
      { state: 'expired', reasonDetail: null, nextStep: null },
    ],
    ['ready', given.ready(), { state: 'ready', ...lookup } as Partial<Case>],
    ['drafted', given.drafted(), { state: 'drafted', ...lookup } as Partial<Case>],
    [
      'offline, due later',
      given.offline({ dueAt: NEXT_DAY + 1 }),
      { state: 'offline', ...lookup } as Partial<Case>,
    ],
    ['offline, due', given.offline(), null],
    ['asking', given.confirming(), null],
    ['written', given.written(), null],
    ...(
      [
        'no-phone',
        'claim-type-not-offered',
        'same-day-code',
        'person-mismatch',
        'refused',
        'code-does-not-fit',
        'code-held',
        'card-not-read-again',
      ] as const
    ).map((reason): [string, Case, Partial<Case>] => [
      `on the list, ${reason}`,
      given.onList(reason),
      { state: 'needs-staff', reason, nextStep: 'lookup', dueAt: NEXT_DAY },
    ]),
    [
      'on the list for its card, to be looked up much later',
      given.onList('card-not-read-again', { nextStep: 'lookup', dueAt: NEXT_DAY + 3_600_000 }),
      { state: 'needs-staff', reason: 'card-not-read-again', ...lookup } as Partial<Case>,
    ],
    ['on the list, looked up already', given.onList('no-phone', { nextStep: 'lookup', dueAt: AT }), null],
    ['on the list, nobody to look up', given.onList('no-citizen-id', { pid: null }), null],
    ['on the list, a code of ours may be there', given.onList('code-does-not-fit', { askedAt: AT }), null],
    ['on the list, a code that came late', given.onList('code-ambiguous'), null],
    ['on the list, a code held', given.onList('his-row-locked', { code: HELD }), null],
    ['on the list, visit gone', given.onList('no-phone', { visitGone: true }), null],
    [
      'on the list, the HIS holds something',
      given.onList('code-does-not-fit', { visit: sampleVisit({ code: 'EP123' }) }),
      null,
    ],
    ['on the list, day over', given.onList('service-day-over'), null],
    ['on the list, refused to the end', given.onList('lookup-refused'), null],
  ])('%s', (_, c, expected) => {
    const changed = dayOver(c, NEXT_DAY);
    if (expected === null) expect(changed).toBeNull();
    else expect(next(c, changed)).toMatchObject(expected);
    expect(dayOver(c, AT)).toBeNull();
  });
});
