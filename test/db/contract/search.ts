import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addDays } from '../../../src/domain/bangkok.ts';
import type { Ledger, SearchQuery } from '../../../src/service/ports/ledger.ts';
import { SAMPLE_AT, SAMPLE_DATE, sampleCitizenId, sampleRead, sampleVisit } from '../../support/samples.ts';
import { changed, created, heldCode, newCode, newSite } from './changes.ts';
import type { MakeStore, TestStore } from './store.ts';

export function searchContract(make: MakeStore): void {
  describe('search', () => {
    let store: TestStore;
    let ledger: Ledger;
    const hcode = newSite();
    const elsewhere = newSite();
    const code = newCode();
    const right = { ...sampleRead().right, hospMain: null, hospMainOp: null } as ReturnType<
      typeof sampleRead
    >['right'];

    beforeAll(async () => {
      store = await make();
      ledger = await store.open();
      const read = (id: string, mainInscl: string | null) =>
        ledger.addCardRead(
          sampleRead({
            id,
            hcode,
            right: mainInscl === null || right === null ? null : { ...right, mainInscl },
          }),
        );
      await read('ucs', '(UCS) สิทธิหลักประกันสุขภาพแห่งชาติ');
      await read('sss', 'SSS');
      await read('card', null);
      await ledger.commit([
        created({
          hcode,
          vn: 'a',
          hn: '1',
          pid: sampleCitizenId(1),
          state: 'written',
          reason: null,
          readId: 'ucs',
          readKind: 'full',
          correlationId: 'corr',
          code: heldCode(code),
          updatedAt: SAMPLE_AT + 10,
        }),
        created({
          hcode,
          vn: 'b',
          hn: '1',
          pid: sampleCitizenId(1),
          serviceDate: addDays(SAMPLE_DATE, -1),
          readId: 'sss',
          readKind: 'full',
        }),
        created({
          hcode,
          vn: 'c',
          hn: '2',
          pid: sampleCitizenId(2),
          readId: 'card',
          readKind: 'card-only',
          code: { ...heldCode(newCode()), source: 'lookup' },
        }),
        created({ hcode, vn: 'd', hn: null, pid: null, code: { ...heldCode(newCode()), source: 'staff' } }),
        created({
          hcode: elsewhere,
          vn: 'a',
          hn: '1',
          pid: sampleCitizenId(1),
          visit: sampleVisit({
            hcode: elsewhere,
            vn: 'a',
            hn: '1',
            kind: 'inpatient',
            startedAt: SAMPLE_AT + 5,
          }),
        }),
      ]);
    });
    afterAll(() => store.drop());

    const queries: [string, SearchQuery, string][] = [
      ['nothing asked', {}, 'a b c d A'],
      ['site', { hcode }, 'a b c d'],
      [
        'keys',
        {
          keys: [
            { hcode, vn: 'a' },
            { hcode, vn: 'x' },
            { hcode: elsewhere, vn: 'a' },
          ],
        },
        'a A',
      ],
      ['no keys', { keys: [] }, ''],
      ['patients', { patients: [{ hcode, hn: '1' }] }, 'a b'],
      ['pids', { pids: [sampleCitizenId(2), sampleCitizenId(9)] }, 'c'],
      ['no pids', { pids: [] }, ''],
      ['pid missing', { pidMissing: true }, 'd'],
      ['hn there', { hnMissing: false, hcode }, 'a b c'],
      ['vn anywhere', { vns: [{ hcode: null, vn: 'a' }] }, 'a A'],
      [
        'vn here',
        {
          vns: [
            { hcode, vn: 'a' },
            { hcode: null, vn: 'd' },
          ],
        },
        'a d',
      ],
      ['hn anywhere', { hns: [{ hcode: null, hn: '1' }] }, 'a b A'],
      ['hn here', { hns: [{ hcode: elsewhere, hn: '1' }] }, 'A'],
      ['code', { claimCodes: [code] }, 'a'],
      ['code missing', { codeMissing: true }, 'b A'],
      ['code there', { codeMissing: false }, 'a c d'],
      ['states', { states: ['written', 'expired'] }, 'a'],
      ['reasons', { reasons: ['waiting-card'], hcode }, 'b c d'],
      ['kinds', { kinds: ['inpatient'] }, 'A'],
      ['rights of NHSO', { mainInscls: ['UCS'] }, 'a'],
      ['rights of NHSO, code alone', { mainInscls: ['SSS', 'OFC'] }, 'b'],
      ['no rights of NHSO', { mainInscls: [] }, ''],
      ['correlation', { correlationIds: ['corr'] }, 'a'],
      ['correlation missing', { correlationMissing: true }, 'b c d A'],
      ['began', { started: [{ from: SAMPLE_AT + 5, to: SAMPLE_AT + 6 }] }, 'A'],
      ['dates', { dates: [{ from: SAMPLE_DATE }, { to: addDays(SAMPLE_DATE, 1) }] }, 'a c d A'],
      ['dates that exclude each other', { dates: [{ from: SAMPLE_DATE }, { to: SAMPLE_DATE }] }, ''],
      ['updated', { updated: [{ from: SAMPLE_AT + 10, to: SAMPLE_AT + 11 }] }, 'a'],
      ['right', { withRight: true }, 'a b'],
      ['no right', { withRight: false }, 'c d A'],
      ['answer', { withAnswer: true }, 'a b c'],
      ['no answer', { withAnswer: false }, 'd A'],
      ['one group', { allOf: [[{ states: ['written'] }, { pidMissing: true }]] }, 'a d'],
      ['two groups', { allOf: [[{ hcode }], [{ codeMissing: true }, { claimCodes: [code] }]] }, 'a b'],
      ['an empty group', { allOf: [[]] }, ''],
      ['exclusions', { noneOf: [{ correlationIds: ['corr'] }, { pids: [sampleCitizenId(2)] }] }, 'b d A'],
    ];

    test.each(queries)('%s', async (_, query, expected) => {
      const { items } = await ledger.search.cases(query, { limit: 20 });
      const names = items.map((c) => (c.hcode === elsewhere ? c.vn.toUpperCase() : c.vn));
      const wanted = expected.split(' ').filter((name) => name !== '');
      expect(names.toSorted()).toEqual(wanted.toSorted());
      expect(await ledger.search.countCases(query)).toBe(wanted.length);
      const patients = new Set(items.filter((c) => c.hn !== null).map((c) => `${c.hcode}/${c.hn}`));
      const page = await ledger.search.patients(query, { limit: 20 });
      expect(new Set(page.items.map((p) => `${p.hcode}/${p.hn}`))).toEqual(patients);
      expect(await ledger.search.countPatients(query)).toBe(patients.size);
    });

    test('a patient is the newest of its cases', async () => {
      const patient = await ledger.search.patient(hcode, '1');
      expect(patient).toMatchObject({ hcode, hn: '1', pid: sampleCitizenId(1), updatedAt: SAMPLE_AT + 10 });
      expect(patient?.newest).toEqual(await ledger.case({ hcode, vn: 'a' }));
      expect(await ledger.search.patient(hcode, 'none')).toBeNull();
    });

    test('a patient’s version grows with every change, also when a case goes over to another hn', async () => {
      const site = newSite();
      const version = async (hn: string) => (await ledger.search.patient(site, hn))?.version ?? 0;
      const seen = { old: [] as number[], new: [] as number[] };
      const look = async () => {
        seen.old.push(await version('old'));
        seen.new.push(await version('new'));
      };
      const stays = created({ hcode: site, vn: '1', hn: 'old' });
      const moves = created({ hcode: site, vn: '2', hn: 'old' });
      await ledger.commit([stays, moves]);
      await look();
      const progress = changed(moves.next, { state: 'ready' });
      await ledger.commit([progress]);
      await look();
      const merged = changed(progress.next, { hn: 'new', updatedAt: SAMPLE_AT + 7 });
      await ledger.commit([merged]);
      await look();
      expect((await ledger.search.patient(site, 'old'))?.updatedAt).toBe(SAMPLE_AT + 7);
      const back = changed(merged.next, { hn: 'old' });
      await ledger.commit([back]);
      await look();
      await ledger.commit([changed(back.next, { hn: 'new' })]);
      await look();
      expect(seen.old).toEqual([...new Set(seen.old)].toSorted((a, b) => a - b));
      const known = seen.new.filter((v) => v > 0);
      expect(known).toEqual([...new Set(known)].toSorted((a, b) => a - b));
    });
  });
}
