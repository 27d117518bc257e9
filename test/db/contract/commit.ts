import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Ledger } from '../../../src/service/ports/ledger.ts';
import { SAMPLE_AT, SAMPLE_DATE, sampleCase, sampleCitizenId, sampleRead } from '../../support/samples.ts';
import { changed, created, heldCode, line, newCode, newSite, outcome } from './changes.ts';
import type { MakeStore, TestStore } from './store.ts';

export function commitContract(make: MakeStore): void {
  describe('commit', () => {
    let store: TestStore;
    let ledger: Ledger;
    beforeAll(async () => {
      store = await make();
      ledger = await store.open();
    });
    afterAll(() => store.drop());

    test('a case comes back as it went in, every field of it', async () => {
      const full = sampleCase({
        hcode: newSite(),
        state: 'written',
        reason: 'refused',
        reasonDetail: 'NHSO: "ไม่พบสิทธิ" — \'quoted\'; drop table',
        candidates: [
          {
            claimCode: 'EP0000000001',
            claimType: null,
            hcode: null,
            issuedAt: 1,
            misfits: ['hospital', 'close-visit-code'],
            heldBy: '7',
          },
        ],
        visitGone: true,
        readId: 'r-1',
        readKind: 'full',
        readAt: SAMPLE_AT,
        stationId: 'counter-1',
        correlationId: 'c-1',
        claimType: 'PG0060001',
        staffMobile: '0812345678',
        staffClaimType: 'PG0060002',
        askedAt: SAMPLE_AT + 1,
        emptyLookups: 2,
        code: { claimCode: newCode(), claimType: null, issuedAt: null, source: 'lookup' },
        writtenAt: SAMPLE_AT + 2,
        nextStep: 'lookup',
        stepSeq: 7,
        dueAt: SAMPLE_AT + 3,
        updatedAt: SAMPLE_AT + 4,
      });
      await ledger.commit([{ next: full, from: null, history: [] }]);
      expect(await ledger.case(full)).toEqual(full);
      const bare = sampleCase({ hcode: newSite(), hn: null, pid: null });
      await ledger.commit([{ next: bare, from: null, history: [] }]);
      expect(await ledger.case(bare)).toEqual(bare);
      const after = changed(full, { state: 'closed', code: null, candidates: [], askedAt: null }).next;
      await ledger.commit([{ next: after, from: 1, history: [] }]);
      expect(await ledger.case(full)).toEqual(after);
    });

    test('history is kept in order, with its details', async () => {
      const first = created({ hcode: newSite() });
      const second = {
        ...changed(first.next, { state: 'ready', reason: null }),
        history: [
          line({ event: 'card-paired', fromState: 'awaiting-card', toState: 'ready', actor: 'key:counter' }),
          line({
            event: 'step-set',
            toState: 'ready',
            reason: 'waiting-nhso',
            detail: { ไทย: [1, { a: null }] },
          }),
        ],
      };
      await ledger.commit([first]);
      await ledger.commit([second]);
      const stored = await ledger.history(first.next);
      expect(stored.map(({ seq, ...rest }) => rest)).toEqual([...first.history, ...second.history]);
      expect(stored.map((h) => h.seq)).toEqual(stored.map((h) => h.seq).toSorted((a, b) => a - b));
      expect(await ledger.history({ hcode: first.next.hcode, vn: 'none' })).toEqual([]);
    });

    test('a change made from an older version is a conflict, and leaves nothing', async () => {
      const first = created({ hcode: newSite() });
      await ledger.commit([first]);
      await ledger.commit([changed(first.next, { state: 'ready' })]);
      expect(await outcome(ledger.commit([changed(first.next, { state: 'closed' })]))).toBe('conflict');
      expect(await outcome(ledger.commit([first]))).toBe('conflict');
      expect(await outcome(ledger.commit([changed(sampleCase({ hcode: newSite() }))]))).toBe('conflict');
      expect((await ledger.case(first.next))?.state).toBe('ready');
      expect(await ledger.history(first.next)).toHaveLength(2);
    });

    test('versions grow by one', async () => {
      const first = created({ hcode: newSite() });
      const skipping = { ...first, next: { ...first.next, version: 2 } };
      await expect(ledger.commit([skipping])).rejects.toThrow(/expected version 1, got 2/);
      expect(await ledger.case(first.next)).toBeNull();
    });

    test('all changes become true, or none', async () => {
      const hcode = newSite();
      const [a, b] = [created({ hcode, vn: '1' }), created({ hcode, vn: '2' })];
      await ledger.commit([a]);
      const failing = [
        created({ hcode, vn: '3' }),
        changed(a.next, { state: 'closed', nextStep: 'draft', stepSeq: 1 }),
        changed(b.next),
      ];
      expect(await outcome(ledger.commit(failing))).toBe('conflict');
      expect(await ledger.countCases({ hcode })).toBe(1);
      expect(await ledger.case(a.next)).toEqual(a.next);
      expect(await ledger.history(a.next)).toHaveLength(1);
      expect((await ledger.outbox(1_000)).filter((o) => o.hcode === hcode)).toEqual([]);
    });

    test('several versions of a case in one commit', async () => {
      const first = created({ hcode: newSite() });
      const second = changed(first.next, { state: 'ready' });
      await ledger.commit([first, second, changed(second.next, { state: 'closed' })]);
      expect(await ledger.case(first.next)).toMatchObject({ version: 3, state: 'closed' });
    });

    test('500 new cases in one commit, and one that is there already undoes them all', async () => {
      const hcode = newSite();
      const many = Array.from({ length: 500 }, (_, i) =>
        created({ hcode, vn: String(i), nextStep: 'draft', stepSeq: 1 }),
      );
      expect(await outcome(ledger.commit([...many, created({ hcode, vn: '17' })]))).toBe('conflict');
      expect(await ledger.countCases({ hcode })).toBe(0);
      await ledger.commit(many);
      expect(await ledger.countCases({ hcode })).toBe(500);
      expect((await ledger.outbox(10_000)).filter((o) => o.hcode === hcode)).toHaveLength(500);
      const keys = many.map((c) => c.next);
      expect((await ledger.cases([...keys, { hcode, vn: 'none' }])).toSorted(byVn)).toEqual(
        keys.toSorted(byVn),
      );
      await ledger.commit(many.map((c) => changed(c.next, { state: 'expired', nextStep: null })));
      expect(await ledger.countCases({ hcode, states: ['expired'] })).toBe(500);
    });

    test('a code is on one case, unless that is cancelled', async () => {
      const hcode = newSite();
      const [code, other] = [heldCode(newCode()), heldCode(newCode())];
      const a = created({ hcode, vn: 'a', code });
      const b = created({ hcode: newSite(), vn: 'b' });
      await ledger.commit([a, b]);
      expect(await ledger.holderOfCode(code.claimCode)).toEqual({ hcode, vn: 'a' });
      expect(await outcome(ledger.commit([changed(b.next, { code })]))).toBe('code-held');
      expect(await outcome(ledger.commit([created({ hcode, vn: 'c', code })]))).toBe('code-held');
      const cancelled = changed(a.next, { state: 'cancelled' });
      await ledger.commit([cancelled, changed(b.next, { code })]);
      expect(await ledger.holderOfCode(code.claimCode)).toEqual({ hcode: b.next.hcode, vn: 'b' });
      expect(await outcome(ledger.commit([changed(cancelled.next, { state: 'written' })]))).toBe('code-held');
      expect(await ledger.holderOfCode(other.claimCode)).toBeNull();
    });

    test('one case asks for a person, day and claim type; the error tells nobody who the person is', async () => {
      const hcode = newSite();
      const pid = sampleCitizenId(77);
      const asking = { hcode, pid, claimType: 'PG0060001', askedAt: SAMPLE_AT };
      const a = created({ ...asking, vn: 'a' });
      const b = created({ hcode, pid, vn: 'b', claimType: 'PG0060001' });
      await ledger.commit([a, b, created({ ...asking, vn: 'c', claimType: 'PG0110001' })]);
      await ledger.commit([created({ ...asking, hcode: newSite() })]);
      expect(await ledger.askerOf(hcode, pid, SAMPLE_DATE, 'PG0060001')).toEqual({ hcode, vn: 'a' });
      expect(await ledger.askerOf(hcode, sampleCitizenId(78), SAMPLE_DATE, 'PG0060001')).toBeNull();
      const second = changed(b.next, { askedAt: SAMPLE_AT });
      const error = await ledger.commit([second]).catch((e: unknown) => e);
      expect(error).toMatchObject({ code: 'already-asked', retry: 'no' });
      expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(pid);
      await ledger.commit([changed(a.next, { askedAt: null }), second]);
      expect(await ledger.askerOf(hcode, pid, SAMPLE_DATE, 'PG0060001')).toEqual({ hcode, vn: 'b' });
    });

    test('a read serves one visit; only that visit lets it go', async () => {
      const hcode = newSite();
      const read = sampleRead({ id: `read-${hcode}`, hcode });
      await ledger.addCardRead(read);
      const [a, b] = [created({ hcode, vn: 'a' }), created({ hcode, vn: 'b' })];
      await ledger.commit([a, b]);
      const pair = { ...changed(a.next, { readId: read.id }), reads: [{ id: read.id, pairedVn: 'a' }] };
      await ledger.commit([pair]);
      expect((await ledger.cardRead(read.id))?.pairedVn).toBe('a');
      const steal = { ...changed(b.next), reads: [{ id: read.id, pairedVn: 'b' }] };
      expect(await outcome(ledger.commit([steal]))).toBe('conflict');
      const loose = { ...changed(b.next), reads: [{ id: read.id, pairedVn: null }] };
      expect(await outcome(ledger.commit([loose]))).toBe('conflict');
      const absent = { ...changed(b.next), reads: [{ id: 'none', pairedVn: 'b' }] };
      expect(await outcome(ledger.commit([absent]))).toBe('conflict');
      expect((await ledger.case(b.next))?.version).toBe(1);
      const release = { ...changed(pair.next, { readId: null }), reads: [{ id: read.id, pairedVn: null }] };
      await ledger.commit([steal, release]);
      expect((await ledger.cardRead(read.id))?.pairedVn).toBe('b');
    });

    test('a new step that is due goes to the outbox, once', async () => {
      const hcode = newSite();
      const mine = async () => (await ledger.outbox(10_000)).filter((o) => o.hcode === hcode);
      const first = created({ hcode, nextStep: 'draft', stepSeq: 1, dueAt: SAMPLE_AT });
      await ledger.commit([first]);
      const { vn } = first.next;
      const entry = { hcode, vn, step: 'draft', stepSeq: 1, serviceDate: SAMPLE_DATE, dueAt: SAMPLE_AT };
      const { state } = first.next;
      expect(await mine()).toEqual([{ ...entry, state, id: expect.any(Number) }]);
      const same = changed(first.next, { reasonDetail: 'still the same step' });
      const none = changed(same.next, { nextStep: null, dueAt: null });
      const next = changed(none.next, {
        nextStep: 'confirm',
        stepSeq: 2,
        dueAt: null,
        updatedAt: SAMPLE_AT + 9,
      });
      const later = changed(next.next, { nextStep: 'lookup', stepSeq: 3, dueAt: SAMPLE_AT + 10 });
      for (const change of [same, none, next, later]) await ledger.commit([change]);
      expect((await mine()).map((o) => [o.step, o.stepSeq, o.dueAt])).toEqual([
        ['draft', 1, SAMPLE_AT],
        ['confirm', 2, SAMPLE_AT + 9],
      ]);
      const [oldest] = await mine();
      await ledger.removeFromOutbox([oldest?.id ?? 0]);
      await ledger.removeFromOutbox([]);
      expect((await mine()).map((o) => o.step)).toEqual(['confirm']);
    });

    test('a value that the tables do not take is bad input', async () => {
      const bad = created({ hcode: newSite(), updatedAt: 0.5 });
      expect(await outcome(ledger.commit([bad]))).toBe('bad-input');
      expect(await ledger.case(bad.next)).toBeNull();
    });

    test('many commits at once: each caller gets its own answer', async () => {
      const hcode = newSite();
      const code = heldCode(newCode());
      const all = Array.from({ length: 30 }, (_, i) =>
        created({ hcode, vn: String(i), code: i % 3 === 0 ? code : null }),
      );
      const outcomes = await Promise.all(all.map((c) => outcome(ledger.commit([c]))));
      expect(outcomes.filter((o) => o === 'code-held')).toHaveLength(9);
      expect(outcomes.filter((o) => o === 'ok')).toHaveLength(21);
      expect(await ledger.countCases({ hcode })).toBe(21);
    });

    test('the database itself refuses to change or remove history and audit', async () => {
      await ledger.commit([created({ hcode: newSite() })]);
      await ledger.audit({ at: 1, actor: 'k', action: 'read', resource: 'Patient/1' });
      for (const statement of [
        `update history set actor = 'nobody'`,
        'delete from history',
        `update audit set actor = 'nobody'`,
        'delete from audit',
      ]) {
        await expect(store.sql(statement)).rejects.toThrow(/append-only/);
      }
      const [{ n } = { n: 0 }] = await store.sql<{ n: number }>(
        `select count(*) as n from audit where actor = 'k' and resource = 'Patient/1'`,
      );
      expect(Number(n)).toBe(1);
    });
  });
}

function byVn(a: { vn: string }, b: { vn: string }): number {
  return a.vn < b.vn ? -1 : 1;
}
