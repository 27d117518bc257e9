/** The report that the simulator writes, read back from the file. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NhsoCentre } from '../../../simulators/nhso-agent/centre.ts';
import { inventRows } from '../../../simulators/nhso-report/invent.ts';
import { reportOf } from '../../../simulators/nhso-report/of-centre.ts';
import { writeWorkbook } from '../../../simulators/nhso-report/workbook.ts';
import { programEnv } from '../../support/program-env.ts';
import { readRows, unzip } from './read-xlsx.ts';

/** As reference §4 has them. */
const TITLES =
  'รหัสหน่วย, ชื่อหน่วย, เลขบัตร, ชื่อ-สกุล, วันเกิด, เบอร์โทร, สิทธิหลัก, สิทธิย่อย, รหัสการเข้ารับบริการ, CLAIM CODE, ประเภทการเข้ารับบริการ, รหัสบริการ, บริการ, HN, AN, วันที่เข้ารับบริการ, วันที่บันทึก, สถานะใช้งาน, ช่องทางการขอ, วิธีการพิสูจน์ตัวตน, ผู้บันทึก, วันที่แก้ไข, ผู้แก้ไข, หมายเหตุการยกเลิก'.split(
    ', ',
  );

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nhso-report-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const column = (rows: string[][], title: string) => rows.map((row) => row[TITLES.indexOf(title)] ?? '');

describe('the file', () => {
  test('inline and shared strings say the same: column titles, then the rows', async () => {
    const rows = () => inventRows({ rows: 2000, seed: 7 });
    const [inline, shared] = [join(folder, 'inline.xlsx'), join(folder, 'shared.xlsx')];
    await writeWorkbook(inline, rows);
    await writeWorkbook(shared, rows, { strings: 'shared' });
    const read = readRows(inline);
    expect(read).toHaveLength(2001);
    expect(read[0]).toEqual(TITLES);
    expect(readRows(shared)).toEqual(read);
    expect([...unzip(inline).keys()]).not.toContain('xl/sharedStrings.xml');
    // as Excel has it: whoever reads the file as a stream meets the texts after the cells
    expect([...unzip(shared).keys()].slice(-2)).toEqual(['xl/worksheets/sheet1.xml', 'xl/sharedStrings.xml']);
    expect(
      unzip(shared)
        .get('xl/sharedStrings.xml')
        ?.match(/โรงพยาบาลจำลอง 10978</g),
    ).toHaveLength(1);
  });

  test('a title before the column titles; none of both', async () => {
    const path = join(folder, 'title.xlsx');
    await writeWorkbook(path, () => inventRows({ rows: 2 }), { title: 'รายงาน <1> & "2"' });
    const read = readRows(path);
    expect(read[0]?.filter((text) => text !== '')).toEqual(['รายงาน <1> & "2"']);
    expect(read[1]).toEqual(TITLES);
    await writeWorkbook(path, () => inventRows({ rows: 2 }), { header: false });
    expect(column(readRows(path), 'CLAIM CODE')).toEqual(column(read.slice(2), 'CLAIM CODE'));
  });

  test('rows are written while they are made, not gathered first', async () => {
    const path = join(folder, 'stream.xlsx');
    let written = 0;
    function* rows() {
      let n = 0;
      for (const row of inventRows({ rows: 6000 })) {
        n += 1;
        if (n === 5000) written = statSync(path).size;
        yield row;
      }
    }
    await writeWorkbook(path, rows);
    expect(written).toBeGreaterThan(statSync(path).size / 3);
  });

  test('a folder that is not there is said, and so is what goes wrong in the rows', async () => {
    const gone = join(folder, 'gone', 'x.xlsx');
    await expect(writeWorkbook(gone, () => inventRows({ rows: 1 }))).rejects.toThrow('ENOENT');
    const broken = () => {
      throw new Error('no more rows');
    };
    await expect(writeWorkbook(join(folder, 'broken.xlsx'), broken)).rejects.toThrow('no more rows');
  });
});

describe('the rows', () => {
  test('Buddhist dates, invented people, and everything that is no code for a visit of the hospital', async () => {
    const path = join(folder, 'rows.xlsx');
    const options = { rows: 3000, from: '2026-12-30', days: 3 };
    await writeWorkbook(path, () => inventRows(options));
    const [, ...rows] = readRows(path);
    const dates = column(rows, 'วันที่เข้ารับบริการ');
    for (const date of dates) expect(date).toMatch(/^\d\d\/\d\d\/\d{4} \d\d:\d\d:\d\d$/);
    expect(new Set(dates.map((d) => d.slice(0, 10)))).toEqual(
      new Set(['30/12/2569', '31/12/2569', '01/01/2570']),
    );
    for (const born of column(rows, 'วันเกิด')) expect(born).toMatch(/^\d\d\/\d\d\/25\d\d$/);
    for (const pid of column(rows, 'เลขบัตร')) expect(pid.length === 13 && pid.startsWith('9')).toBe(true);
    const share = (title: string, of: (text: string) => boolean) =>
      column(rows, title).filter(of).length / rows.length;
    expect(share('สถานะใช้งาน', (text) => text === 'ยกเลิก')).toBeCloseTo(0.02, 1);
    expect(share('หมายเหตุการยกเลิก', (text) => text !== '')).toBeGreaterThan(0);
    expect(share('CLAIM CODE', (text) => text.startsWith('EP'))).toBeCloseTo(0.05, 1);
    expect(share('รหัสหน่วย', (text) => text !== '10978')).toBeGreaterThan(0);
    expect(new Set(column(rows, 'CLAIM CODE')).size).toBe(3000);
    expect(new Set(column(rows, 'เลขบัตร')).size).toBeLessThan(3000);
  });

  test('the same seed gives the same rows, another seed others', () => {
    const rows = (seed: number) => [...inventRows({ rows: 20, seed })];
    expect(rows(3)).toEqual(rows(3));
    expect(rows(3)).not.toEqual(rows(4));
  });

  test('of a centre: what was issued, of the hospital and days that were asked for', () => {
    const centre = new NhsoCentre();
    const issue = (claimCode: string, hcode: string, at: string) =>
      centre.issue({
        pid: '9000000000012',
        claimCode,
        hcode,
        issuedAt: Date.parse(`${at}+07:00`),
        mobile: '0812345678',
      });
    issue('PP1', '10978', '2026-11-19T00:00:00');
    issue('PP2', '10978', '2026-11-19T23:59:59');
    issue('PP3', '10978', '2026-11-20T00:00:00');
    issue('PP4', '11472', '2026-11-19T12:00:00');
    const day = { from: '2026-11-19', to: '2026-11-19' };
    const own = reportOf(centre, { ...day, hcode: '10978', cancelled: new Set(['PP2']) });
    expect(own).toMatchObject([
      { claimCode: 'PP1', tel: '0812345678', cancelled: false, cancelReason: null },
      { claimCode: 'PP2', cancelled: true, cancelReason: expect.any(String) },
    ]);
    expect(reportOf(centre, { ...day, hcode: null }).map((row) => row.claimCode)).toEqual([
      'PP1',
      'PP2',
      'PP4',
    ]);
  });
});

test('the command', async () => {
  const path = join(folder, 'command.xlsx');
  const args = [
    'simulate',
    'nhso-report',
    '--rows',
    '50',
    '--out',
    path,
    '--strings',
    'shared',
    '--ep',
    '1',
    '--title',
    'ก',
  ];
  const child = spawn(process.execPath, ['src/cli.ts', ...args], {
    env: programEnv(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString('utf8');
  });
  expect(await once(child, 'close')).toEqual([0, null]);
  expect(out).toContain(`${path}: 50 rows, shared strings`);
  const rows = readRows(path);
  expect(rows).toHaveLength(52);
  expect(column(rows.slice(2), 'CLAIM CODE').every((text) => text.startsWith('EP'))).toBe(true);
}, 90_000);
