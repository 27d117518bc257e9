/** Random sequences of commits, told to the ledger and to a few lines of plain arrays; both must agree. */

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Case } from '../../../src/domain/case.ts';
import type { CaseChange, Ledger } from '../../../src/service/ports/ledger.ts';
import { SAMPLE_AT, SAMPLE_DATE, sampleCase, sampleCitizenId } from '../../support/samples.ts';
import { changed, created, heldCode, newSite, outcome } from './changes.ts';
import type { MakeStore, TestStore } from './store.ts';

const TYPE = 'PG0060001';

/** One wish of a random caller. */
const wish = fc.record({
  vn: fc.constantFrom('1', '2', '3'),
  /** How far behind the newest version the caller is. */
  stale: fc.constantFrom(0, 0, 0, 0, 1),
  state: fc.constantFrom<Case['state']>('ready', 'confirmed', 'cancelled'),
  code: fc.constantFrom(null, null, 'X', 'Y'),
  asked: fc.boolean(),
  person: fc.constantFrom(1, 2),
  hn: fc.constantFrom('h1', 'h2'),
  step: fc.constantFrom<Case['nextStep']>(null, 'draft', 'lookup'),
  newStep: fc.boolean(),
});
type Wish = typeof wish extends fc.Arbitrary<infer W> ? W : never;

class Model {
  cases = new Map<string, Case>();
  history: string[] = [];
  outbox: string[] = [];

  copy(): Model {
    const other = new Model();
    other.cases = new Map(this.cases);
    other.history = [...this.history];
    other.outbox = [...this.outbox];
    return other;
  }

  /** Why the change must be refused, if it must; it is done all the same, for those that follow in the commit. */
  apply({ next, from }: CaseChange): string[] {
    const before = this.cases.get(next.vn);
    const others = [...this.cases.values()].filter((c) => c.vn !== next.vn);
    const refusals: string[] = [];
    if ((before?.version ?? null) !== from) refusals.push('conflict');
    const holds = (c: Case) => c.state !== 'cancelled' && c.code !== null;
    if (others.some((c) => holds(c) && holds(next) && c.code?.claimCode === next.code?.claimCode)) {
      refusals.push('code-held');
    }
    const asks = (c: Case) => c.askedAt !== null;
    if (others.some((c) => asks(c) && asks(next) && c.pid === next.pid)) refusals.push('already-asked');
    this.cases.set(next.vn, next);
    this.history.push(`${next.vn} ${next.version}`);
    if (next.nextStep !== null && before?.stepSeq !== next.stepSeq) {
      this.outbox.push(`${next.vn} ${next.nextStep} ${next.stepSeq}`);
    }
    return refusals;
  }
}

/** The change that a wish comes to, made from what the caller has seen. */
function changeOf(w: Wish, hcode: string, before: Case | undefined): CaseChange {
  const wanted = {
    hcode,
    vn: w.vn,
    state: w.state,
    code: w.code === null ? null : heldCode(`${w.code}${hcode}`),
    askedAt: w.asked ? SAMPLE_AT : null,
    claimType: TYPE,
    pid: sampleCitizenId(w.person),
    hn: w.hn,
    nextStep: w.step,
    stepSeq: (before?.stepSeq ?? 0) + (w.newStep ? 1 : 0),
  };
  if (before === undefined) return created(wanted);
  const seen = { ...before, version: before.version - w.stale };
  return seen.version === 0 ? created(wanted) : changed(seen, wanted);
}

export function modelContract(make: MakeStore): void {
  describe('against a model', () => {
    let store: TestStore;
    let ledger: Ledger;
    beforeAll(async () => {
      store = await make();
      ledger = await store.open();
    });
    afterAll(() => store.drop());

    test('any sequence of commits ends as the model says', async () => {
      const commits = fc.array(fc.array(wish, { minLength: 1, maxLength: 3 }), { maxLength: 12 });
      await fc.assert(
        fc.asyncProperty(commits, async (sequence) => {
          const hcode = newSite();
          let model = new Model();
          const versions: Record<string, number> = { h1: 0, h2: 0 };
          for (const wishes of sequence) {
            const tried = model.copy();
            const refusals: string[] = [];
            const changes = wishes.map((w) => {
              const change = changeOf(w, hcode, tried.cases.get(w.vn));
              refusals.push(...tried.apply(change));
              return change;
            });
            const told = await outcome(ledger.commit(changes));
            if (refusals.length > 0) expect(refusals).toContain(told);
            else expect(told).toBe('ok');
            if (refusals.length === 0) model = tried;
            await expectPatientsToGrow(hcode, versions);
          }
          await expectSame(hcode, model);
        }),
        { numRuns: 40 },
      );
    }, 60_000);

    async function expectPatientsToGrow(hcode: string, versions: Record<string, number>): Promise<void> {
      for (const hn of Object.keys(versions)) {
        const now = (await ledger.search.patient(hcode, hn))?.version;
        if (now === undefined) continue;
        expect(now).toBeGreaterThanOrEqual(versions[hn] ?? 0);
        versions[hn] = now;
      }
    }

    async function expectSame(hcode: string, model: Model): Promise<void> {
      const all = [...model.cases.values()];
      for (const vn of ['1', '2', '3']) {
        expect(await ledger.case({ hcode, vn })).toEqual(model.cases.get(vn) ?? null);
        const lines = model.history.filter((h) => h.startsWith(`${vn} `));
        expect(await ledger.history({ hcode, vn })).toHaveLength(lines.length);
      }
      for (const code of ['X', 'Y']) {
        const holder = all.find((c) => c.state !== 'cancelled' && c.code?.claimCode === `${code}${hcode}`);
        expect((await ledger.holderOfCode(`${code}${hcode}`))?.vn).toBe(holder?.vn);
      }
      for (const person of [1, 2]) {
        const pid = sampleCitizenId(person);
        const asker = all.find((c) => c.askedAt !== null && c.pid === pid);
        expect((await ledger.askerOf(hcode, pid, SAMPLE_DATE, TYPE))?.vn).toBe(asker?.vn);
        const mine = all.filter((c) => c.pid === pid).map((c) => c.vn);
        const found = await ledger.casesOfPerson(hcode, pid, SAMPLE_DATE);
        expect(found.map((c) => c.vn)).toEqual(mine.toSorted());
      }
      const outbox = (await ledger.outbox(10_000)).filter((o) => o.hcode === hcode);
      expect(outbox.map((o) => `${o.vn} ${o.step} ${o.stepSeq}`)).toEqual(model.outbox);
      const work = await ledger.casesWithWork({ dueBy: SAMPLE_AT, hcode, limit: 10 });
      expect(work.items.map((w) => w.vn)).toEqual(
        all
          .filter((c) => c.nextStep !== null)
          .map((c) => c.vn)
          .toSorted(),
      );
      await ledger.removeFromOutbox(outbox.map((o) => o.id));
    }

    test('the sample case is one that a ledger takes', async () => {
      const change = { next: sampleCase({ hcode: newSite() }), from: null, history: [] };
      expect(await outcome(ledger.commit([change]))).toBe('ok');
    });
  });
}
