/** Pairing: which read serves which visit. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CardRead, isOwnCard, READ_KINDS } from '../../src/domain/card-read.ts';
import type { Case } from '../../src/domain/case.ts';
import { pairReads } from '../../src/domain/pairing.ts';
import { SAMPLE_AT, sampleCase, sampleRead, sampleVisit } from '../support/samples.ts';

const MINUTE = 60_000;
const visitAt = (vn: string, minutes: number, more: Partial<Case> = {}): Case =>
  sampleCase({ vn, visit: sampleVisit({ vn, startedAt: SAMPLE_AT + minutes * MINUTE }), ...more });
const readAt = (id: string, minutes: number, more: Partial<CardRead> = {}): CardRead =>
  sampleRead({ id, readAt: SAMPLE_AT + minutes * MINUTE, pairedVn: null, ...more });

describe('pairReads', () => {
  const offline = { state: 'offline', readKind: 'card-only', readId: 'r0', correlationId: null } as const;
  const toBeEntered = { state: 'needs-staff', reason: 'enter-at-nhso' } as const;
  const standIn = { ...toBeEntered, readKind: 'certified', readId: 'r0' } as const;
  const noPhone = { state: 'needs-staff', reason: 'no-phone' } as const;
  it.each<[string, Case[], CardRead[], [string, string][]]>([
    ['visit before card', [visitAt('a', 0)], [readAt('r', 3)], [['a', 'r']]],
    ['card before visit', [visitAt('a', 3)], [readAt('r', 0)], [['a', 'r']]],
    ['no card', [visitAt('a', 0)], [], []],
    ['no visit', [], [readAt('r', 0)], []],
    [
      'two visits, one read: the nearer visit',
      [visitAt('a', 0), visitAt('b', 300)],
      [readAt('r', 301)],
      [['b', 'r']],
    ],
    [
      'two visits, two reads: each its own',
      [visitAt('a', 0), visitAt('b', 300)],
      [readAt('r2', 302), readAt('r1', 1)],
      [
        ['a', 'r1'],
        ['b', 'r2'],
      ],
    ],
    [
      'the same card read twice: one of the two serves',
      [visitAt('a', 0)],
      [readAt('r1', 1), readAt('r2', 2)],
      [['a', 'r1']],
    ],
    [
      'at two stations',
      [visitAt('a', 0)],
      [readAt('r1', 1, { stationId: 'x' }), readAt('r2', 2, { stationId: 'y' })],
      [['a', 'r1']],
    ],
    ['a read that serves a visit already', [visitAt('b', 0)], [readAt('r', 1, { pairedVn: 'a' })], []],
    [
      'a full read takes the place of a card-only one',
      [visitAt('a', 0, offline)],
      [readAt('r', 9)],
      [['a', 'r']],
    ],
    [
      'a card-only read does not replace another',
      [visitAt('a', 0, offline)],
      [readAt('r', 9, { kind: 'card-only', correlationId: null })],
      [],
    ],
    [
      'full before card-only',
      [visitAt('a', 0)],
      [readAt('r1', 1, { kind: 'card-only', correlationId: null }), readAt('r2', 2)],
      [['a', 'r2']],
    ],
    ['a visit without a phone keeps the card', [visitAt('a', 0, noPhone)], [readAt('r', 1)], [['a', 'r']]],
    [
      'a cancelled visit takes none',
      [visitAt('a', 0, { state: 'cancelled', visitGone: true })],
      [readAt('r', 1)],
      [],
    ],
    [
      'a visit that needs none takes none',
      [visitAt('a', 0, { state: 'not-required' })],
      [readAt('r', 1)],
      [],
    ],
    [
      'a visit that has asked takes none',
      [visitAt('a', 0, { state: 'unknown', askedAt: SAMPLE_AT })],
      [readAt('r', 1)],
      [],
    ],
    [
      'a visit whose card was read takes none',
      [visitAt('a', 0, { state: 'ready', readKind: 'full' })],
      [readAt('r', 1)],
      [],
    ],
    [
      'a certified or photo read serves where no card was read',
      [visitAt('a', 0), visitAt('b', 300)],
      [readAt('r1', 1, { kind: 'certified' }), readAt('r2', 302, { kind: 'photo' })],
      [
        ['a', 'r1'],
        ['b', 'r2'],
      ],
    ],
    [
      'and not in the place of a card, nor of another of its own',
      [visitAt('a', 0, offline), visitAt('b', 300, standIn)],
      [readAt('r1', 1, { kind: 'certified' }), readAt('r2', 302, { kind: 'photo' })],
      [],
    ],
    [
      'a card takes its place, alone or in full',
      [visitAt('a', 0, standIn), visitAt('b', 300, standIn)],
      [readAt('r1', 1, { kind: 'card-only' }), readAt('r2', 302)],
      [
        ['b', 'r2'],
        ['a', 'r1'],
      ],
    ],
    [
      'a card before what stands in for it, whichever came first',
      [visitAt('a', 0)],
      [readAt('r1', 1, { kind: 'certified' }), readAt('r2', 2, { kind: 'card-only' })],
      [['a', 'r2']],
    ],
  ])('%s', (_, cases, reads, expected) => {
    expect(pairReads(cases, reads).map((p) => [p.vn, p.readId])).toEqual(expected);
  });

  const cases = fc.uniqueArray(
    fc.record({
      vn: fc.constantFrom('a', 'b', 'c', 'd'),
      minutes: fc.integer({ min: 0, max: 600 }),
      more: fc.constantFrom<Partial<Case>>(
        {},
        offline,
        noPhone,
        standIn,
        { state: 'cancelled' },
        { state: 'written' },
        { state: 'ready', readKind: 'full' },
      ),
    }),
    { selector: (c) => c.vn, maxLength: 4 },
  );
  const reads = fc.uniqueArray(
    fc.record({
      id: fc.constantFrom('r1', 'r2', 'r3', 'r4'),
      minutes: fc.integer({ min: 0, max: 600 }),
      kind: fc.constantFrom(...READ_KINDS),
      pairedVn: fc.constantFrom(null, 'a', 'z'),
    }),
    { selector: (r) => r.id, maxLength: 4 },
  );

  it('gives a read to one visit at most, a visit one read at most, only open to open, in whatever order they are told', () => {
    fc.assert(
      fc.property(cases, reads, fc.infiniteStream(fc.nat()), (cs, rs, random) => {
        const theCases = cs.map((c) => visitAt(c.vn, c.minutes, c.more));
        const theReads = rs.map((r) => readAt(r.id, r.minutes, { kind: r.kind, pairedVn: r.pairedVn }));
        const pairs = pairReads(theCases, theReads);
        expect(new Set(pairs.map((p) => p.vn)).size).toBe(pairs.length);
        expect(new Set(pairs.map((p) => p.readId)).size).toBe(pairs.length);
        for (const pair of pairs) {
          expect(theReads.find((r) => r.id === pair.readId)?.pairedVn).toBeNull();
          const served = theCases.find((c) => c.vn === pair.vn);
          expect(['awaiting-card', 'offline', 'needs-staff']).toContain(served?.state);
          const read = theReads.find((r) => r.id === pair.readId);
          if (read !== undefined && !isOwnCard(read.kind)) expect(served?.readKind).toBeNull();
        }
        const shuffled = <T>(items: T[]): T[] =>
          items
            .map((item) => ({ item, at: random.next().value as number }))
            .sort((x, y) => x.at - y.at)
            .map((x) => x.item);
        const again = pairReads(shuffled(theCases), shuffled(theReads));
        expect(new Set(again.map((p) => `${p.vn} ${p.readId}`))).toEqual(
          new Set(pairs.map((p) => `${p.vn} ${p.readId}`)),
        );
      }),
    );
  });
});
