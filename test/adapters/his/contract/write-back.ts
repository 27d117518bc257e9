import { beforeAll, describe, expect, test } from 'vitest';
import type { Desk } from '../../../../simulators/his/desk.ts';
import { inventedPerson } from '../../../../simulators/his/people.ts';
import type { HisAdapter, WriteBackOutcome } from '../../../../src/service/ports/his.ts';
import { at, type Bench, day } from './support.ts';

const DATE = '2026-05-01';

export function writeBackContract(bench: () => Bench): void {
  let desk: Desk;
  let his: HisAdapter;
  beforeAll(async () => {
    ({ desk, his } = bench());
    await desk.addPeople([inventedPerson(1301)]);
  });

  describe('write-back', () => {
    let minute = 0;
    const visit = (code?: string): Promise<string> =>
      desk.register({
        ...{ hn: '1301', at: at(DATE, '07:00:00') + 60_000 * minute++ },
        ...(code === undefined ? {} : { code }),
      });
    const request = (vn: string, claimCode = 'PP1234567890') => ({
      ...{ vn, claimCode, claimType: 'PG0060001', issuedAt: at(DATE, '09:30:15') },
    });
    const undoOf = (outcome: WriteBackOutcome, claimCode = 'PP1234567890') => {
      if (outcome.kind !== 'written') throw new Error(outcome.kind);
      return { claimCode, row: outcome.row, previous: outcome.previous };
    };

    test('writes into the one empty place, and is found there', async () => {
      const [vn, other] = [await visit(), await visit()];
      expect(await his.writeBack(request(vn))).toMatchObject({ kind: 'written', previous: null });
      expect(await desk.codeOf(vn)).toBe('PP1234567890');
      expect(await desk.codeOf(other)).toBeNull();
      expect((await his.visit(vn))?.code).toBe('PP1234567890');
      expect((await his.visit(other))?.code).toBeNull();
      const missing = (await his.visitsWithoutCode(day(DATE))).map((v) => v.vn);
      expect(missing).toContain(other);
      expect(missing).not.toContain(vn);
    });

    test('again, as after a lost answer: already there, once', async () => {
      const vn = await visit();
      const outcome = await his.writeBack(request(vn));
      const again = await his.writeBack(request(vn));
      expect(again.kind).toBe('already');
      // the row is named where what stands beside the code says that it is ours
      if (!bench().lacks?.stamp) expect(again).toEqual({ kind: 'already', row: undoOf(outcome).row });
      expect(await his.undoWriteBack(undoOf(outcome))).toBe(true);
      expect((await desk.codeOf(vn)) ?? '').toBe('');
    });

    test('the very code, typed by a clerk: nothing is ours to undo', async () => {
      expect(await his.writeBack(request(await visit('PP1234567890')))).toEqual({ kind: 'already' });
    });

    test('undo puts the old value back, once, and only while the code stands', async () => {
      const vn = await visit();
      const undo = undoOf(await his.writeBack(request(vn)));
      expect(await his.undoWriteBack(undo)).toBe(true);
      expect((await desk.codeOf(vn)) ?? '').toBe('');
      expect((await his.visit(vn))?.code).toBeNull();
      expect(await his.undoWriteBack(undo)).toBe(false);
      await desk.typeCode(vn, 'PP9999999999');
      expect(await his.undoWriteBack(undo)).toBe(false);
      expect(await desk.codeOf(vn)).toBe('PP9999999999');
    });

    test('a code goes in again after it was undone', async () => {
      const vn = await visit();
      await his.undoWriteBack(undoOf(await his.writeBack(request(vn))));
      expect(await his.writeBack(request(vn, 'PP1234567891'))).toMatchObject({ kind: 'written' });
      expect(await desk.codeOf(vn)).toBe('PP1234567891');
    });

    test('never overwrites, whatever stands there; a visit that is gone gets none', async () => {
      for (const held of ['EP5555555555', 'PP5555555555', 'PG0060001', '-']) {
        const vn = await visit(held);
        expect(await his.writeBack(request(vn)), held).toEqual({ kind: 'occupied', holds: held });
        expect(await desk.codeOf(vn)).toBe(held);
      }
      const gone = await visit();
      await desk.remove(gone);
      expect(await his.writeBack(request(gone))).toEqual({ kind: 'no-visit' });
      expect(await his.writeBack(request("1' or '1'='1"))).toEqual({ kind: 'no-visit' });
    });

    test('an undo of another table or column is refused', async () => {
      const vn = await visit();
      const undo = undoOf(await his.writeBack(request(vn)));
      const wrong = { ...undo, row: { table: 'users', id: '1' } };
      await expect(his.undoWriteBack(wrong)).rejects.toMatchObject({ code: 'his-schema', retry: 'no' });
      expect(await desk.codeOf(vn)).toBe('PP1234567890');
    });

    test('two at once with different codes: one is written, the other sees it', async () => {
      for (let i = 0; i < 5; i++) {
        const vn = await visit();
        const codes = ['PP1111111111', 'PP2222222222'];
        const outcomes = await Promise.all(codes.map((code) => his.writeBack(request(vn, code))));
        expect(outcomes.map((o) => o.kind).toSorted()).toEqual(['occupied', 'written']);
        const code = outcomes[0]?.kind === 'written' ? codes[0] : codes[1];
        expect(await desk.codeOf(vn)).toBe(code);
        expect(outcomes.find((o) => o.kind === 'occupied')).toEqual({ kind: 'occupied', holds: code });
      }
    });

    test('a code that does not fit is not kept, and nothing of it stays', async (context) => {
      const { longestCode } = bench();
      if (longestCode === undefined) return context.skip('any length fits here');
      const vn = await visit();
      expect(await his.writeBack(request(vn, 'P'.repeat(longestCode + 1)))).toMatchObject({
        kind: 'not-kept',
      });
      expect((await desk.codeOf(vn)) ?? '').toBe('');
    });

    test('what the database changes on the way is put back', async (context) => {
      const cut = await bench().cutCodes?.();
      if (cut === undefined)
        return context.skip('nothing stands between the bridge and the place of the code');
      const vn = await visit();
      try {
        expect(await his.writeBack(request(vn, 'PP7777777777'))).toEqual({
          kind: 'not-kept',
          holds: 'PP7777',
        });
      } finally {
        await cut.release();
      }
      expect((await desk.codeOf(vn)) ?? '').toBe('');
    });
  });
}
