/** Codes for the HIS: given once, never over another one, whole files, taken back. */

import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { addDays } from '../../../../src/domain/bangkok.ts';
import { at, counter, TODAY, visit } from './support.ts';

const vn = visit(1).vn;
const request = (claimCode = 'PP1234567890', of = vn) => ({
  vn: of,
  claimCode,
  claimType: 'PG0060001',
  issuedAt: at('09:30:15'),
});
const cells = (claimCode = 'PP1234567890', hn = '000000001') => [
  hn,
  TODAY,
  claimCode,
  'PG0060001',
  `${TODAY} 09:30:15`,
];

describe('a code', () => {
  test('is written into the day’s file, read back, and the visit’s from then on', async () => {
    const { his, desk, open } = await counter();
    await desk.drop([visit(1), visit(2)]);
    const digest = await his.digestOf(TODAY);
    const row = { file: `codes/${TODAY}.csv`, vn, service_date: TODAY };
    expect(await his.writeBack(request())).toEqual({ kind: 'written', row, previous: null });
    expect(await desk.codes(TODAY)).toEqual(new Map([[vn, cells()]]));
    expect((await his.visit(vn))?.code).toBe('PP1234567890');
    expect((await his.visitsOn(TODAY)).map((v) => v.code)).toEqual(['PP1234567890', null]);
    expect((await his.visitsWithoutCode(TODAY)).map((v) => v.vn)).toEqual([visit(2).vn]);
    expect(await his.digestOf(TODAY)).not.toBe(digest);
    expect(await his.writeBack(request())).toEqual({ kind: 'already', row });
    // another bridge, with nothing in its index, knows it too
    expect(await open().writeBack(request('PP9999999999'))).toEqual({
      kind: 'occupied',
      holds: 'PP1234567890',
    });
    expect((await open().visit(vn))?.code).toBe('PP1234567890');
  });

  test('is not given where the HIS has told of one, or the visit is unknown', async () => {
    const { his, desk } = await counter();
    await desk.drop([visit(1, { code: 'PP5555555555' }), visit(2, { code: 'PP1234567890' })]);
    expect(await his.writeBack(request())).toEqual({ kind: 'occupied', holds: 'PP5555555555' });
    expect(await his.writeBack(request('PP1234567890', visit(2).vn))).toEqual({ kind: 'already' });
    expect(await his.writeBack(request('PP1234567890', 'nobody'))).toEqual({ kind: 'no-visit' });
    expect(await desk.codes(TODAY)).toEqual(new Map());
  });

  test('that the HIS tells of later comes first', async () => {
    const { his, desk } = await counter();
    await desk.drop([visit(1)]);
    await his.writeBack(request());
    await desk.drop([visit(1, { code: 'PP1234567890' })]);
    expect((await his.visit(vn))?.code).toBe('PP1234567890');
    await desk.drop([visit(1, { code: 'PP5555555555' })]);
    expect((await his.visit(vn))?.code).toBe('PP5555555555');
    expect(await his.writeBack(request())).toEqual({ kind: 'occupied', holds: 'PP5555555555' });
  });

  test('of a visit that has moved to another day since stands', async () => {
    const { his, desk } = await counter();
    await desk.drop([visit(1)]);
    await his.writeBack(request());
    await desk.drop([visit(1, { at: at('08:00:00', addDays(TODAY, -1)) })]);
    expect(await his.visit(vn)).toMatchObject({ serviceDate: addDays(TODAY, -1), code: 'PP1234567890' });
    expect(await his.writeBack(request('PP9999999999'))).toEqual({ kind: 'occupied', holds: 'PP1234567890' });
  });

  test('is taken back once, and only while it stands; the next one may come', async () => {
    const { his, desk } = await counter();
    await desk.drop([visit(1), visit(2)]);
    await his.writeBack(request('PP2222222222', visit(2).vn));
    const outcome = await his.writeBack(request());
    if (outcome.kind !== 'written') throw new Error(outcome.kind);
    const undo = { claimCode: 'PP1234567890', row: outcome.row, previous: null };
    expect(await his.undoWriteBack({ ...undo, claimCode: 'PP9999999999' })).toBe(false);
    expect(await his.undoWriteBack(undo)).toBe(true);
    expect(await desk.codes(TODAY)).toEqual(new Map([[visit(2).vn, cells('PP2222222222', '000000002')]]));
    const withdrawn = await desk.codes(TODAY, `withdrawn-${TODAY}.csv`);
    expect(withdrawn.get(vn)).toEqual([
      ...cells(),
      expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
    ]);
    expect((await his.visit(vn))?.code).toBeNull();
    expect(await his.undoWriteBack(undo)).toBe(false);
    expect(await his.writeBack(request('PP3333333333'))).toMatchObject({ kind: 'written' });
    expect(await his.undoWriteBack(undo)).toBe(false);
    expect((await desk.codes(TODAY)).get(vn)).toEqual(cells('PP3333333333'));
    expect((await desk.codes(TODAY, `withdrawn-${TODAY}.csv`)).size).toBe(1);
    await expect(his.undoWriteBack({ ...undo, row: { table: 'ovst' } })).rejects.toMatchObject({
      code: 'his-schema',
    });
  });

  test('two at once for one visit, from two bridges: one is written, the other sees it', async () => {
    const { desk, his, open } = await counter();
    const other = open();
    const visits = Array.from({ length: 15 }, (_, n) => visit(n + 1));
    await desk.drop(visits);
    await Promise.all([his.countOn(TODAY), other.countOn(TODAY)]);
    const outcomes = await Promise.all(
      visits.map((v) =>
        Promise.all([
          his.writeBack(request('PP1111111111', v.vn)),
          other.writeBack(request('PP2222222222', v.vn)),
        ]),
      ),
    );
    for (const pair of outcomes) expect(pair.map((o) => o.kind).toSorted()).toEqual(['occupied', 'written']);
    const file = await desk.codes(TODAY);
    expect(file.size).toBe(15);
    for (const [i, [first]] of outcomes.entries()) {
      expect(file.get(visits[i]?.vn ?? '')?.[2]).toBe(
        first?.kind === 'written' ? 'PP1111111111' : 'PP2222222222',
      );
    }
  });

  test('waits while the day’s file is held by another program, and is in it afterwards', async () => {
    const { his, desk, folder } = await counter();
    await desk.drop([visit(1)]);
    await his.countOn(TODAY);
    // a folder of that name refuses the rename as an open file does on Windows
    await mkdir(path.join(folder, 'codes', `${TODAY}.csv`, 'in the way'), { recursive: true });
    await expect(his.writeBack(request())).rejects.toMatchObject({ code: 'his-unreachable', retry: 'yes' });
    await rm(path.join(folder, 'codes', `${TODAY}.csv`), { recursive: true });
    expect(await his.writeBack(request())).toMatchObject({ kind: 'already', row: { vn } });
    expect((await desk.codes(TODAY)).get(vn)).toEqual(cells());
    expect((await readdir(path.join(folder, 'codes'))).sort()).toEqual([`${TODAY}.csv`]);
  });

  test('a file that the import took away, or a clerk saved otherwise, is made again with the next code', async () => {
    const { his, desk, folder } = await counter();
    await desk.drop([visit(1), visit(2)]);
    await his.writeBack(request());
    await rm(path.join(folder, 'codes', `${TODAY}.csv`));
    await his.writeBack(request('PP2222222222', visit(2).vn));
    expect((await desk.codes(TODAY)).size).toBe(2);
    await writeFile(path.join(folder, 'codes', `${TODAY}.csv`), 'saved by Excel');
    expect(await his.writeBack(request())).toMatchObject({ kind: 'already' });
    expect((await desk.codes(TODAY)).size).toBe(2);
  });

  test('no citizen id stands in what is given', async () => {
    const { his, desk, folder } = await counter();
    await desk.drop([visit(1)]);
    await his.writeBack(request());
    expect(await readFile(path.join(folder, 'codes', `${TODAY}.csv`), 'utf8')).not.toContain(visit(1).pid);
  });
});

describe('the form of the file', () => {
  const write = async (codes: Parameters<typeof counter>[0] & object): Promise<Buffer> => {
    const { his, desk, folder } = await counter(codes);
    await desk.drop([visit(1, { vn: 'ก1', hn: '=1+1' }), visit(2)]);
    await his.writeBack(request('PP1234567890', 'ก1'));
    await his.writeBack(request('PP2222222222', visit(2).vn));
    return readFile(path.join(folder, 'codes', `${TODAY}.csv`));
  };

  test('UTF-8 with a mark, commas, CRLF; nothing that Excel would carry out', async () => {
    const text = (await write({})).toString();
    expect(text.split('\r\n')).toEqual([
      '\ufeffvn,hn,service_date,claim_code,claim_type,issued_at',
      ['69110000000' + '2', ...cells('PP2222222222', '000000002')].join(','),
      ['ก1', ...cells('PP1234567890', "'=1+1")].join(','),
      '',
    ]);
  });

  test('TIS-620, semicolons, texts that Excel keeps', async () => {
    const bytes = await write({ codes: { encoding: 'tis-620', separator: 'semicolon', excelText: true } });
    const text = new TextDecoder('windows-874', { fatal: true }).decode(bytes);
    expect(text).toContain('\r\nก1;');
    expect(text).toContain('"=""000000002"""');
  });
});
