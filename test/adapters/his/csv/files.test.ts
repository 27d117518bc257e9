/** Which files are read, when, and what becomes of them. */

import { existsSync } from 'node:fs';
import {
  appendFile,
  copyFile,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  utimes,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { fileOf, PLAIN } from '../../../../simulators/his/csv/desk.ts';
import { addDays } from '../../../../src/domain/bangkok.ts';
import { at, counter, TODAY, until, visit } from './support.ts';

const yesterday = addDays(TODAY, -1);

describe('several files', () => {
  test('increments add up; the newest file’s word on a visit counts, in whatever order they are read', async () => {
    const { his, desk, folder } = await counter();
    await desk.drop([visit(1), visit(2)], { name: 'a.csv' });
    await desk.drop([visit(2, { mobile: '0899999991' }), visit(3)], { name: 'b.csv' });
    // an old file that comes late: of yesterday by its date
    const late = path.join(folder, 'visits', 'late.csv');
    await writeFile(late, fileOf([visit(2, { mobile: '0899999992' }), visit(4)]));
    await utimes(late, new Date(Date.now() - 86_400_000), new Date(Date.now() - 86_400_000));
    const visits = await his.visitsOn(TODAY);
    expect(visits.map((v) => v.vn)).toEqual([1, 2, 3, 4].map((n) => visit(n).vn));
    expect(visits[1]?.phones).toEqual(['0899999991']);
    expect(await his.countOn(TODAY)).toBe(4);
  });

  test('a snapshot of the whole day, dropped again and again, changes nothing; what it lacks stays', async () => {
    const { his, desk } = await counter();
    const day = [visit(1), visit(2), visit(3)];
    await desk.drop(day, { name: 'day.csv' });
    await his.visitsOn(TODAY);
    const digest = await his.digestOf(TODAY);
    for (let n = 0; n < 3; n++) {
      await desk.drop(day, { name: 'day.csv' });
      expect(await his.digestOf(TODAY)).toBe(digest);
    }
    await desk.drop(day.slice(0, 2), { name: 'day.csv' });
    expect(await his.countOn(TODAY)).toBe(3);
    await desk.drop([...day.slice(0, 2), visit(3, { status: 'Cancelled' })], { name: 'day.csv' });
    expect(await his.visit(visit(3).vn)).toMatchObject({ cancelled: true });
    expect(await his.digestOf(TODAY)).not.toBe(digest);
  });

  test('a visit that moves to another day leaves its old one', async () => {
    const { his, desk } = await counter();
    await desk.drop([visit(1), visit(2)]);
    await his.visitsOn(TODAY);
    const before = [await his.digestOf(TODAY), await his.digestOf(yesterday)];
    await desk.drop([visit(2, { at: at('09:00:00', yesterday) })]);
    expect((await his.visitsOn(TODAY)).map((v) => v.vn)).toEqual([visit(1).vn]);
    expect((await his.visitsOn(yesterday)).map((v) => v.vn)).toEqual([visit(2).vn]);
    expect(await his.digestOf(TODAY)).not.toBe(before[0]);
    expect(await his.digestOf(yesterday)).not.toBe(before[1]);
  });

  test('newVisits: what came with a file since, however early it began, but for the settled ones', async () => {
    const { his, desk } = await counter();
    await desk.drop([visit(1), visit(2)]);
    const now = Date.now();
    const seen = await his.newVisits(now - 60_000, now, (vn) => vn === visit(1).vn);
    expect(seen.map((v) => v.vn)).toEqual([visit(2).vn]);
    expect(await his.visitsFrom(at('08:00:02'), at('23:00:00'))).toHaveLength(1);
  });

  test('read files lie under the day, and go when it is no longer kept', async () => {
    const { his, desk, folder, open } = await counter({ keepDays: 8 });
    await desk.drop([visit(1)], { name: 'a.csv' });
    await his.visitsOn(TODAY);
    expect(await readdir(path.join(folder, 'visits'))).toEqual([]);
    const kept = await readdir(path.join(folder, 'read', TODAY));
    expect(kept).toEqual([expect.stringMatching(/^\d{8}-\d{9}-\d+-a\.csv$/)]);
    await rename(path.join(folder, 'read', TODAY), path.join(folder, 'read', addDays(TODAY, -9)));
    await open().countOn(TODAY);
    expect(await readdir(path.join(folder, 'read'))).toEqual([]);
  });
});

describe('a file that is being written', () => {
  test('is left alone until it has rested, and then read whole', async () => {
    const { his, desk } = await counter({ settleSeconds: 1.5 });
    const bytes = fileOf(Array.from({ length: 200 }, (_, n) => visit(n + 1)));
    await his.countOn(TODAY);
    let isWritten = false;
    const writing = desk.dropInPieces(bytes, 'slow.csv', 20, 50).then(() => {
      isWritten = true;
    });
    while (!isWritten) {
      await sleep(50);
      if (!isWritten) expect(await his.countOn(TODAY)).toBe(0);
    }
    await writing;
    expect(
      await until(
        () => his.countOn(TODAY),
        (n) => n === 200,
      ),
    ).toBe(200);
    expect((await his.visitsOn(TODAY)).every((v) => v.problem === null)).toBe(true);
  });

  test('renamed into place it is read at once', async () => {
    const { his, desk } = await counter({ settleSeconds: 60 });
    await desk.drop([visit(1)]);
    expect(await his.countOn(TODAY)).toBe(1);
  });

  test('with a last row that is cut off it is waited for; grown, it is read with that row', async () => {
    const { his, desk, folder } = await counter();
    const bytes = fileOf([visit(1), visit(2), visit(3)]);
    await desk.drop(bytes.subarray(0, bytes.length - 40), { name: 'cut.csv' });
    expect((await his.visitsOn(TODAY)).map((v) => v.vn)).toEqual([visit(1).vn, visit(2).vn]);
    await sleep(700);
    await his.visitsOn(TODAY);
    expect(existsSync(path.join(folder, 'visits', 'cut.csv'))).toBe(true);
    await appendFile(path.join(folder, 'visits', 'cut.csv'), bytes.subarray(bytes.length - 40));
    expect(
      await until(
        () => his.countOn(TODAY),
        (n) => n === 3,
      ),
    ).toBe(3);
    await until(
      () => readdir(path.join(folder, 'visits')),
      (names) => names.length === 0,
    );
    expect(await readdir(path.join(folder, 'visits'))).toEqual([]);
  });

  test('cut off in a cell with quotes, as well', async () => {
    const { his, desk } = await counter();
    const bytes = fileOf([visit(1), visit(2, { fname: 'a"b, c' })], { ...PLAIN, quotes: 'all' });
    const cut = bytes.indexOf('a""b') + 3;
    await desk.drop(bytes.subarray(0, cut), { name: 'cut.csv' });
    expect(await his.countOn(TODAY)).toBe(1);
    await desk.drop(bytes, { name: 'cut.csv' });
    expect(await his.countOn(TODAY)).toBe(2);
  });

  test('temporary names and what Excel leaves are no files of visits', async () => {
    const { his, folder } = await counter();
    await mkdir(path.join(folder, 'visits'), { recursive: true });
    for (const name of [
      '.a.csv',
      '~$day.csv',
      'a.csv.part',
      'b.tmp',
      '_c.csv',
      'notes.md',
      'd.csv.filepart',
      '.~lock.e.csv#',
    ]) {
      await writeFile(path.join(folder, 'visits', name), fileOf([visit(1)]));
    }
    await mkdir(path.join(folder, 'visits', 'folder.csv'));
    await sleep(400);
    expect(await his.countOn(TODAY)).toBe(0);
    expect(await readdir(path.join(folder, 'visits'))).toHaveLength(9);
  });

  test('replaced by another of its name it is read again', async () => {
    const { his, desk } = await counter();
    await desk.drop([visit(1)], { name: 'day.csv' });
    expect(await his.countOn(TODAY)).toBe(1);
    await desk.drop([visit(1, { mobile: '0811111112' }), visit(2)], { name: 'day.csv' });
    expect((await his.visitsOn(TODAY)).map((v) => v.phones[0])).toEqual(['0811111112', '0810000002']);
  });

  test('left where it is, it is read again when it grows', async () => {
    const { his, desk, folder } = await counter({ afterReading: 'leave' });
    await desk.drop([visit(1)], { name: 'day.csv' });
    expect(await his.countOn(TODAY)).toBe(1);
    const two = fileOf([visit(2)]);
    await appendFile(path.join(folder, 'visits', 'day.csv'), two.subarray(two.indexOf('\r\n') + 2));
    expect(
      await until(
        () => his.countOn(TODAY),
        (n) => n === 2,
      ),
    ).toBe(2);
    expect(await readdir(path.join(folder, 'visits'))).toEqual(['day.csv']);
    expect(await readdir(path.join(folder, 'read'))).toEqual([]);
  });
});

describe('a file that cannot be understood', () => {
  const refused: [string, string | Buffer, RegExp][] = [
    ['no header', `${visit(1).vn},2026-11-20,${visit(1).pid}\n`, /no column for vn, date, pid/],
    ['a column is missing', 'vn,hn,date\n1,2,2026-11-20\n', /no column for pid/],
    ['two columns for one thing', 'vn,date,pid,cid\n1,2026-11-20,1,2\n', /two columns could be pid/],
    ['a workbook', Buffer.from('504b03041400000008000000', 'hex'), /Excel workbook/],
    ['an old workbook', Buffer.from('d0cf11e0a1b11ae1000000', 'hex'), /Excel workbook/],
    [
      'bytes',
      Buffer.from(Array.from({ length: 500 }, (_, i) => (i * 7919) % 256)),
      /no letter|no text|no column/,
    ],
    [
      'UTF-8 with a broken byte',
      Buffer.concat([fileOf([visit(1)]), Buffer.from([0xe0, 0xb8, 0x0a])]),
      /byte \d+ is no letter/,
    ],
    ['one endless line', `vn,date,pid\n${'x'.repeat(70_000)}\n`, /longer than/],
  ];
  test.each(refused)('is set aside with the reason: %s', async (_what, content, why) => {
    const { his, desk, folder } = await counter();
    await desk.drop(Buffer.from(content), { name: 'bad.csv' });
    await desk.drop([visit(2)], { name: 'good.csv' });
    expect(await his.countOn(TODAY)).toBe(1);
    expect((await readdir(path.join(folder, 'refused'))).sort()).toEqual(['bad.csv', 'bad.csv.txt']);
    const report = await readFile(path.join(folder, 'refused', 'bad.csv.txt'), 'utf8');
    expect(report).toMatch(why);
    expect(report).toMatch(/[\u0e00-\u0e7f]/);
    expect(report).not.toMatch(/\d{13}/);
  });

  test('an .xlsx is told how to save it', async () => {
    const { his, desk, folder } = await counter();
    await desk.drop(Buffer.from('504b0304', 'hex'), { name: 'day.xlsx' });
    await his.countOn(TODAY);
    expect(await readFile(path.join(folder, 'refused', 'day.xlsx.txt'), 'utf8')).toContain('CSV UTF-8');
  });

  test('corrected and dropped again under its name, or refused again, nothing is lost', async () => {
    const { his, desk, folder } = await counter();
    await desk.drop(Buffer.from('vn,hn\n1,2\n'), { name: 'day.csv' });
    await his.countOn(TODAY);
    await desk.drop(Buffer.from('vn,hn,date\n1,2,3\n'), { name: 'day.csv' });
    await his.countOn(TODAY);
    expect(await readdir(path.join(folder, 'refused'))).toHaveLength(4);
    expect(await readFile(path.join(folder, 'refused', 'day.csv'), 'utf8')).toContain('vn,hn\n');
    await desk.drop([visit(1)], { name: 'day.csv' });
    expect(await his.countOn(TODAY)).toBe(1);
  });

  test('single rows are named in a report, and cost no other', async () => {
    const { his, desk, folder } = await counter();
    const head = 'vn,date,time,pid,mobile,status';
    const pid = visit(1).pid;
    const rows = [
      `A1,${TODAY},08:00,${pid},0812345671,`,
      `,${TODAY},08:01,${pid},0812345671,`,
      `"A2,${TODAY},08:02,${pid},0812345671,`,
      `A3,${TODAY},08:03,${pid},0812345671,`,
      `6.91128E+11,${TODAY},08:04,${pid},0812345671,`,
      `=cmd(),${TODAY},08:04,${pid},0812345671,`,
      'A4',
      `A5,${TODAY},08:05,${pid},0812345671,,too,many`,
      `A6,${TODAY},08:06,${pid},0812345671,`,
    ];
    await desk.drop(Buffer.from([head, ...rows, ''].join('\n')), { name: 'rows.csv' });
    expect((await his.visitsOn(TODAY)).map((v) => v.vn)).toEqual(['A1', 'A3', 'A6']);
    const [name = ''] = (await readdir(path.join(folder, 'refused'))).filter((n) => n.endsWith('rows.txt'));
    const report = await readFile(path.join(folder, 'refused', name), 'utf8');
    for (const line of [3, 4, 6, 7, 8, 9]) expect(report).toMatch(new RegExp(`^line ${line}: `, 'm'));
    expect(report).toContain('3 of 9 rows');
    expect(report).not.toContain(pid);
  });

  test('another hospital’s rows are not taken', async () => {
    const { his, desk } = await counter();
    await desk.drop(
      Buffer.from(
        `hcode,vn,date,pid\n10979,A1,${TODAY},${visit(1).pid}\n10978,A2,${TODAY},${visit(1).pid}\n`,
      ),
    );
    expect((await his.visitsOn(TODAY)).map((v) => v.vn)).toEqual(['A2']);
  });
});

describe('a row with a number that is not understood is a visit with a problem', () => {
  const pid = visit(1).pid ?? '';
  const rows: [string, string, string, RegExp, object][] = [
    ['no date', '', pid, /column "date" is empty: expected a date/, { serviceDate: TODAY }],
    ['an American date', '11/28/2026', pid, /expected a date such as/, {}],
    ['a day of next month', addDays(TODAY, 20), pid, /expected no day after/, { serviceDate: TODAY }],
    [
      'a rounded citizen id',
      TODAY,
      '1.23457E+12',
      /column "pid" is "1.23457E\+12": its digits were lost/,
      { pid: null },
    ],
    ['a citizen id without its 0', TODAY, '', /has 12 digits: expected 13/, {}],
  ];
  test.each(rows)('%s', async (what, date, given, why, expected) => {
    const lostZero = what.includes('without its 0') ? zeroId() : given;
    const { his, desk } = await counter();
    await desk.drop(Buffer.from(`vn,date,pid\nA1,${date},${lostZero}\nA2,${TODAY},${pid}\n`));
    const visits = await his.visitsOn(TODAY);
    expect(visits.find((v) => v.vn === 'A1')).toMatchObject({
      problem: expect.stringMatching(why),
      ...expected,
    });
    expect(visits.find((v) => v.vn === 'A2')).toMatchObject({ problem: null });
  });

  test('a mobile without its 0', async () => {
    const { his, desk } = await counter();
    await desk.drop(
      Buffer.from(
        `vn,date,pid,mobile,phone\nA1,${TODAY},${pid},812345678,\nA2,${TODAY},${pid},812345678,0812345678\n`,
      ),
    );
    const [first, second] = await his.visitsOn(TODAY);
    expect(first?.problem).toMatch(/column "mobile" has 9 digits/);
    expect(second?.problem).toBeNull();
  });

  function zeroId(): string {
    return fromNumber(12_345_678_901);
  }
  /** Twelve digits that a 0 in front makes a citizen id of. */
  function fromNumber(n: number): string {
    const twelve = `0${n}`;
    let sum = 0;
    for (let i = 0; i < 12; i++) sum += Number(twelve[i]) * (13 - i);
    return `${n}${(11 - (sum % 11)) % 10}`;
  }
});

describe('columns of other names', () => {
  test('are found by the configuration', async () => {
    const { his, desk } = await counter({
      columns: { vn: 'Txn', date: 'Day', pid: 'ID', mobile: 'Contact No.' },
    });
    await desk.drop(
      Buffer.from(
        `Hospital report\n\nTxn;Day;ID;Contact No.;vn\n7;${TODAY};${visit(1).pid};0812345678;not this\n`,
      ),
    );
    expect(await his.visitsOn(TODAY)).toMatchObject([{ vn: '7', phones: ['0812345678'] }]);
  });
});

test('a copy of a read file put back changes nothing', async () => {
  const { his, desk, folder } = await counter();
  await desk.drop([visit(1)], { name: 'a.csv' });
  await his.visitsOn(TODAY);
  const digest = await his.digestOf(TODAY);
  const [kept = ''] = await readdir(path.join(folder, 'read', TODAY));
  await copyFile(path.join(folder, 'read', TODAY, kept), path.join(folder, 'visits', 'again.csv'));
  const waiting = async (): Promise<string[]> => {
    await his.countOn(TODAY);
    return readdir(path.join(folder, 'visits'));
  };
  expect(await until(waiting, (names) => names.length === 0)).toEqual([]);
  expect(await his.digestOf(TODAY)).toBe(digest);
  await rm(path.join(folder, 'read'), { recursive: true });
  expect(await his.countOn(TODAY)).toBe(1);
});
