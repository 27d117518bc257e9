/** Every state meets every event: the outcome is a legal change or none, never an exception. */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { SitePolicy } from '../../../src/domain/assess.ts';
import { codesBeside, matchCode } from '../../../src/domain/authen-code.ts';
import { DAY_MS } from '../../../src/domain/bangkok.ts';
import type { CardRead } from '../../../src/domain/card-read.ts';
import type { Case } from '../../../src/domain/case.ts';
import type { DoorAsk } from '../../../src/domain/door-ask.ts';
import { clockSetBack } from '../../../src/domain/machine/clock.ts';
import { dayOver } from '../../../src/domain/machine/day-end.ts';
import {
  askedThroughDoor,
  beforeDoor,
  doorNotSent,
  doorRefused,
  takenOver,
} from '../../../src/domain/machine/door.ts';
import { cardPaired, isAssessed, visitGone, visitSeen } from '../../../src/domain/machine/facts.ts';
import { lookedUp, lookupRefused } from '../../../src/domain/machine/lookup.ts';
import * as obtain from '../../../src/domain/machine/obtain.ts';
import { tellNotReadAgain } from '../../../src/domain/machine/offline.ts';
import { photoDeleted } from '../../../src/domain/machine/photo.ts';
import { ambiguousInRun, codeFoundInRun, writeBackUndone } from '../../../src/domain/machine/reconcile.ts';
import { type Gap, seekFirst, seekWithoutCard } from '../../../src/domain/machine/restored.ts';
import { rightTold } from '../../../src/domain/machine/right.ts';
import { lookedAtAgain } from '../../../src/domain/machine/second-code.ts';
import * as staff from '../../../src/domain/machine/staff.ts';
import type { Change } from '../../../src/domain/machine/transition.ts';
import { waitForHis, writeBackRefused, writtenBack } from '../../../src/domain/machine/write-back.ts';
import { DEFAULT_POLICY } from '../../../src/domain/requirement.ts';
import type { Visit } from '../../../src/domain/visit.ts';
import { SAMPLE_AT, sampleCitizenId, sampleFoundRight } from '../../support/samples.ts';
import { anyCase, anyRead, anyTime, anyVisit, issued } from './any-case.ts';
import { LOOKUP_TIMES } from './given.ts';
import { expectLegal } from './legal.ts';

const POLICY: SitePolicy = { requirement: DEFAULT_POLICY, claimType: { default: 'PG0060001', rules: [] } };

interface Given {
  at: number;
  visit: Visit;
  read: CardRead | null;
  codes: Parameters<typeof matchCode>[0];
  heldBy: string | null;
  again: { step: 'draft' | 'confirm'; dueAt: number };
  gap: Gap | null;
}

const by = ({ at }: Given): staff.Decision => ({ actor: 'key:staff', at });
const held = (code: Given['codes'][number] | undefined) => ({
  claimCode: code?.claimCode ?? 'PP1000000009',
  claimType: code?.claimType ?? null,
  issuedAt: code?.issuedAt ?? null,
  source: 'staff' as const,
});

const EVENTS: Record<string, (c: Case, given: Given) => Change | null> = {
  visitSeen: (c, g) => visitSeen(c, g.visit, g.read, POLICY, g.at),
  visitGone: (c, g) => visitGone(c, g.at),
  cardPaired: (c, g) => (g.read === null ? null : cardPaired(c, g.read, POLICY, g.at)),
  draftSaved: (c, g) => obtain.draftSaved(c, g.at),
  confirmSending: (c, g) => obtain.confirmSending(c, g.at + 45_000, g.at),
  confirmNotSent: (c, g) => obtain.confirmNotSent(c, { ...g, policy: POLICY }, 'nobody there', g.again, g.at),
  codeIssued: (c, g) => (g.codes[0] === undefined ? null : obtain.codeIssued(c, g.codes[0], g.at)),
  codeCameLate: (c, g) => (g.codes[0] === undefined ? null : obtain.codeCameLate(c, g.codes[0], g.at)),
  answerLost: (c, g) => obtain.answerLost(c, 'a time-out', g.at + 2_000, g.at),
  refused: (c, g) => obtain.refused(c, 'already requested', g.at),
  sameDayAsked: (c, g) => obtain.sameDayAsked(c, 'v9', g.at),
  codeHeld: (c, g) => obtain.codeHeld(c, 'PP1000000001', g.heldBy, g.at),
  waitForNhso: (c, g) => obtain.waitForNhso(c, 'down', g.at),
  lookedUp: (c, g) => {
    if (c.pid === null || c.claimType === null) return null;
    const match = matchCode(g.codes, obtain.wantedOf(c), () => (g.heldBy === null ? null : { vn: g.heldBy }));
    return lookedUp(c, match, { ...g, policy: POLICY }, LOOKUP_TIMES, g.at);
  },
  lookedAtAgain: (c, g) => {
    if (c.pid === null || c.claimType === null) return null;
    const holder = () => (g.heldBy === null ? null : { vn: g.heldBy });
    const beside = codesBeside(c.code?.claimCode ?? null, g.codes, obtain.wantedOf(c), holder);
    return lookedAtAgain(c, beside, LOOKUP_TIMES, g.at);
  },
  lookupRefused: (c, g) => lookupRefused(c, 'a token that is not good', g.at),
  written: (c, g) => writtenBack(c, { kind: 'written', row: { vn: c.vn }, previous: null }, g.at),
  occupied: (c, g) => writtenBack(c, { kind: 'occupied', holds: g.visit.code ?? 'x' }, g.at),
  noVisit: (c, g) => writtenBack(c, { kind: 'no-visit' }, g.at),
  notKept: (c, g) => writtenBack(c, { kind: 'not-kept', holds: null }, g.at),
  writeBackRefused: (c, g) => writeBackRefused(c, 'no grant', g.at),
  waitForHis: (c, g) => waitForHis(c, 'down', g.at),
  givePhone: (c, g) => staff.givePhone(c, '0612345679', g.read, POLICY, by(g)),
  chooseClaimType: (c, g) => staff.chooseClaimType(c, 'PG0130001', g.read, POLICY, by(g)),
  adoptCode: (c, g) => staff.adoptCode(c, held(g.codes[0]), by(g)),
  close: (c, g) => staff.closeCase(c, 'a reason', by(g)),
  retry: (c, g) => staff.retryCase(c, g.read, POLICY, by(g)),
  dayOver: (c, g) => dayOver(c, g.at),
  tellNotReadAgain: (c, g) =>
    tellNotReadAgain(c, { status: 'up', backAt: null }, { afterMs: 1, at: '08:00' }, g.at),
  photoDeleted: (c, g) => photoDeleted(c, { readId: 'p', why: 'key-lost' }, g.at),
  seekFirst: (c, g) => seekFirst(c, g.gap, g.at),
  seekWithoutCard: (c, g) => seekWithoutCard(c, g.gap, g.at),
  rightTold: (c, g) =>
    c.pid === null ? null : rightTold(c, sampleFoundRight({ pid: c.pid, serviceDate: c.serviceDate }), g.at),
  clockSetBack: (c, g) => clockSetBack(c, g.at),
  codeFoundInRun: (c, g) => {
    const found = { source: 'authen-status', times: LOOKUP_TIMES };
    return g.codes[0] === undefined ? null : codeFoundInRun(c, g.codes[0], found, { run: 'r1', at: g.at });
  },
  ambiguousInRun: (c, g) => ambiguousInRun(c, c.candidates, { run: 'r1', at: g.at }),
  writeBackUndone: (c, g) => writeBackUndone(c, held(g.codes[0]).claimCode, { at: g.at }),
};

const DOOR = {
  ...{ pid: sampleCitizenId(1), claimType: 'PG0130001', mobile: '0899999992' },
  ...{ correlationId: 'c9', stationId: 'counter-9' },
};
const client = ({ at }: Given) => ({ actor: 'key:his', at });
const ask = (c: Case, { at, codes }: Given, state: DoorAsk['state']): DoorAsk => ({
  ...{
    hcode: c.hcode,
    pid: c.pid ?? '',
    serviceDate: c.serviceDate,
    claimType: 'PG0060001',
    version: 2,
    state,
  },
  ...{
    vn: null,
    actor: 'key:his',
    stationId: 'counter-9',
    correlationId: 'c9',
    askedAt: at - 5_000,
    lookAt: at,
  },
  ...{ emptyLookups: 1, soughtIn: 0, claimCode: codes[0]?.claimCode ?? 'PP1000000009' },
  ...{ issuedAt: codes[0]?.issuedAt ?? null, candidates: [], updatedAt: at },
});
Object.assign(EVENTS, {
  askedThroughDoor: (c: Case, g: Given) => askedThroughDoor(c, DOOR, g.at + 45_000, client(g)),
  doorNotSent: (c: Case, g: Given) =>
    doorNotSent(c, beforeDoor(c), { ...g, policy: POLICY }, 'nobody', client(g)),
  doorRefused: (c: Case, g: Given) => {
    if (c.pid === null || c.claimType === null) return null;
    const match = matchCode(g.codes, obtain.wantedOf(c), () => null);
    return doorRefused(c, beforeDoor(c), match, { ...g, policy: POLICY }, 'already requested', client(g));
  },
  takenOverIssued: (c: Case, g: Given) => takenOver(c, ask(c, g, 'issued'), g.at),
  takenOverLost: (c: Case, g: Given) => takenOver(c, ask(c, g, 'lost'), g.at),
});

const given: fc.Arbitrary<Given> = fc.record({
  at: anyTime,
  visit: anyVisit,
  read: fc.option(anyRead, { nil: null }),
  codes: fc.array(issued, { maxLength: 3 }),
  heldBy: fc.constantFrom(null, null, 'v9'),
  gap: fc.constantFrom(null, { generation: 1, from: SAMPLE_AT - DAY_MS, to: SAMPLE_AT }),
  again: fc.record({ step: fc.constantFrom('draft' as const, 'confirm' as const), dueAt: anyTime }),
});

it.each(Object.entries(EVENTS))('%s', (_, event) => {
  fc.assert(
    fc.property(anyCase, given, (c, g) => {
      const before = structuredClone(c);
      const changed = event(c, g);
      expect(c, 'the case that was given is left as it was').toEqual(before);
      if (changed !== null) expectLegal(c, changed);
    }),
    { numRuns: 400 },
  );
});

it('tells the same visit twice and the second changes nothing', () => {
  fc.assert(
    fc.property(anyCase, given, (c, g) => {
      const once = EVENTS.visitSeen?.(c, g);
      if (once == null) return;
      expect(EVENTS.visitSeen?.(once.next, g)).toBeNull();
    }),
  );
});

it('asks nothing with a read that only stands in for the card', () => {
  const open = fc
    .tuple(anyCase, fc.constantFrom('awaiting-card', 'offline', 'expired', 'not-required', 'needs-staff'))
    .map(([c, state]): Case => ({ ...c, state, reason: 'no-phone', code: null, askedAt: null }));
  const standIn = fc
    .tuple(anyRead, fc.constantFrom('certified', 'photo'))
    .map(([read, kind]): CardRead => ({ ...read, kind }));
  fc.assert(
    fc.property(open, given, standIn, (c, other, read) => {
      const g = { ...other, read };
      expect(isAssessed(c)).toBe(true);
      for (const event of ['visitSeen', 'cardPaired', 'givePhone', 'chooseClaimType', 'retry']) {
        const changed = EVENTS[event]?.(c, g);
        if (changed == null) continue;
        expect(['ready', 'drafted', 'confirming'], event).not.toContain(changed.next.state);
      }
    }),
    { numRuns: 500 },
  );
});

it('never leaves a card with a visit of another person or day', () => {
  fc.assert(
    fc.property(anyCase, given, (c, g) => {
      fc.pre(isAssessed(c) && g.read !== null);
      const changed = EVENTS.visitSeen?.(c, g);
      if (changed == null || g.read === null || !['ready', 'offline'].includes(changed.next.state)) return;
      expect(g.read.serviceDate).toBe(changed.next.serviceDate);
      expect(changed.next.readId === null || g.read.pid === changed.next.pid).toBe(true);
    }),
    { numRuns: 500 },
  );
});
