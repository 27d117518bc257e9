/** `import-report` as a process: what the claims office sees, what is in the ledger afterwards, and the exit code. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openLedger } from '../../db/open-ledger.ts';
import { parseServiceDate } from '../../src/domain/bangkok.ts';
import type { ReportedCode } from '../../src/service/ports/authen-status.ts';
import { sampleCitizenId } from '../support/samples.ts';
import { book, goodRow, type ReportCells, reportSheet } from '../support/workbook.ts';
import { Cli, type Ended, runCli } from './cli.ts';

let root: string;
let folder: string;
let config: string;
let report: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'authen-bridge-import-'));
});
afterAll(() => rmSync(root, { recursive: true }));
beforeEach(() => {
  folder = mkdtempSync(join(root, 't-'));
  config = join(folder, 'config.json');
  report = join(folder, 'report.xlsx');
  const his = { kind: 'hosxp', url: 'mysql://bridge:s3cret@127.0.0.1:9/hos' };
  const stations = [{ id: 'counter-1', agentUrl: 'http://127.0.0.1:9' }];
  const sites = ['10978', '11001'].map((hcode) => ({ hcode, his, stations }));
  writeFileSync(config, JSON.stringify({ store: `sqlite:${join(folder, 'bridge.db')}`, sites }));
});

const made = (rows: readonly ReportCells[]): void => writeFileSync(report, book(reportSheet(rows)));
const run = (...args: string[]): Promise<Ended> =>
  runCli(['import-report', '--config', config, report, ...args]);
/** The summary's figures by their words. */
const figures = ({ out }: Ended): Record<string, number> =>
  Object.fromEntries(
    [...out.matchAll(/^ +([\d,]+) {2}([a-z ]+?) {2,}\S/gm)].map(([, n = '', what = '']) => [
      what,
      Number(n.replaceAll(',', '')),
    ]),
  );

async function codesOf(n: number): Promise<ReportedCode[]> {
  const date = parseServiceDate('2026-11-20');
  if (date === null) throw new Error('no date');
  const ledger = await openLedger(`sqlite:${join(folder, 'bridge.db')}`);
  try {
    return await ledger.reported.codesOf('10978', sampleCitizenId(n), date);
  } finally {
    await ledger.close();
  }
}

function rows<R>(sql: string): R[] {
  const db = new Database(join(folder, 'bridge.db'), { readonly: true });
  try {
    return db.prepare(sql).all() as R[];
  } finally {
    db.close();
  }
}

const MIXED = [
  goodRow(1),
  goodRow(2, { 'CLAIM CODE': 'EP123456789' }),
  goodRow(3, { รหัสหน่วย: '99999' }),
  goodRow(4, { สถานะใช้งาน: 'ยกเลิก', หมายเหตุการยกเลิก: 'ผิดคน' }),
  goodRow(5, { เลขบัตร: '9.9E+12' }),
  goodRow(6, { รหัสหน่วย: '11001', วันที่เข้ารับบริการ: '19/11/2569 09:00' }),
];

// a process for each run, on whatever machine
describe('import-report', { timeout: 180_000 }, () => {
  test('takes what is the sites’, tells the rest, and says what to do next; again, nothing is doubled', async () => {
    made(MIXED);
    const first = await run();
    expect(first.err).toBe('');
    expect(first.code).toBe(1);
    expect(figures(first)).toEqual({
      ...{ taken: 3, 'already known': 0, 'not of this hospital': 1, cancelled: 1, bad: 1 },
    });
    expect(first.out).toContain('report.xlsx: 6 rows / รายงานมี 6 แถว');
    expect(first.out).toMatch(/row 6, column "เลขบัตร": expected [\s\S]*แถวที่ 6: ต้องเป็น/);
    expect(first.out).toContain('npm run reconcile -- --site 10978 --date 2026-11-20\n');
    expect(first.out).toContain('npm run reconcile -- --site 11001 --date 2026-11-19\n');
    expect(await codesOf(1)).toEqual([
      expect.objectContaining({ claimCode: 'PP0000000001', issuedAt: Date.UTC(2026, 10, 20, 1, 15, 30) }),
    ]);
    expect((await codesOf(2))[0]?.claimCode).toBe('EP123456789');
    expect(await codesOf(4)).toEqual([]);
    const again = await run();
    expect(figures(again)).toMatchObject({ taken: 0, 'already known': 3, cancelled: 1, bad: 1 });
    expect(rows<{ n: number }>('select count(*) as n from reported_code')).toEqual([{ n: 4 }]);
  });

  test('exit code 0 when every row was taken; a later report cancels', async () => {
    made([goodRow(1), goodRow(2)]);
    expect((await run()).code).toBe(0);
    made([goodRow(1, { สถานะใช้งาน: 'ยกเลิก' }), goodRow(2)]);
    const later = await run();
    expect(later.code).toBe(0);
    expect(later.out).toContain('1 codes that were good until now are cancelled / มี 1 รหัส');
    expect([await codesOf(1), await codesOf(2)].map((codes) => codes.length)).toEqual([0, 1]);
  });

  test('--site narrows it; another site than the configuration’s is refused', async () => {
    made(MIXED);
    expect(figures(await run('--site', '11001'))).toMatchObject({
      taken: 1,
      'not of this hospital': 5,
      bad: 0,
    });
    const refused = await run('--site', '12345');
    expect([refused.code, refused.err]).toEqual([1, 'authen-bridge: --site: expected one of 10978, 11001\n']);
  });

  test('--dry-run says what would be taken, and stores neither codes nor that it was asked', async () => {
    made(MIXED);
    const dry = await run('--dry-run');
    expect(dry.code).toBe(1);
    expect(figures(dry)).toMatchObject({ 'would be taken': 3, bad: 1 });
    expect(dry.out).toContain('nothing was stored');
    expect(dry.out).not.toContain('npm run reconcile');
    expect(rows('select * from reported_code')).toEqual([]);
    expect(rows('select * from audit')).toEqual([]);
  });

  test('at most 20 bad rows on the terminal, all of them in --errors, which Excel opens', async () => {
    made(Array.from({ length: 30 }, (_, n) => goodRow(n, { สถานะใช้งาน: `=cmd|' ${n}` })));
    const errors = join(folder, 'errors.csv');
    const { code, out } = await run('--errors', errors);
    expect(code).toBe(1);
    expect(out.match(/^row \d+, /gm)).toHaveLength(20);
    expect(out).toContain(`… and 10 more rows; all of them are in ${errors}`);
    const [head, ...list] = readFileSync(errors, 'utf8').trimEnd().split('\r\n');
    expect(head).toBe('\uFEFFrow / แถว,column / คอลัมน์,what was expected,สิ่งที่ต้องเป็น');
    expect(list).toHaveLength(30);
    expect(list[29]).toMatch(/^31,สถานะใช้งาน,expected .*,"?ต้องเป็น/);
    expect(readFileSync(errors, 'utf8')).not.toContain('cmd');
    made([goodRow(1)]);
    await run('--errors', errors);
    expect(readFileSync(errors, 'utf8').trimEnd().split('\r\n')).toEqual([head]);
  });

  test('--errors replaces no report, and is told where it cannot be', async () => {
    made([goodRow(1)]);
    for (const [where, why] of [
      [report, 'expected the name of a .csv file'],
      [join(folder, 'no', 'where.csv'), 'cannot be written (ENOENT)'],
    ] as const) {
      const { code, err } = await run('--errors', where);
      expect([code, err.includes(why)]).toEqual([1, true]);
    }
    expect(figures(await run())).toMatchObject({ taken: 1 });
  });

  test('who imported what, and when, stands in the audit; a name with a citizen id is masked there and here', async () => {
    report = join(folder, `${sampleCitizenId(8)}.xlsx`);
    made([goodRow(1)]);
    await run();
    const audit = rows<{ actor: string; action: string; resource: string }>(
      'select * from audit order by seq',
    );
    expect(audit.map((a) => a.action)).toEqual(['import-report', 'import-report']);
    expect(audit[0]?.actor).toMatch(/^cli:.+/);
    const resources = audit.map((a) => a.resource).join('\n');
    expect(resources).toMatch(/sha256 [0-9a-f]{64}: begun\n.*: 1 rows, 1 taken, 0 bad$/);
    expect(resources.replace(/[0-9a-f]{64}/g, '')).not.toMatch(/\d{13}/);
  });

  test('a file that is none is refused in one sentence with the next step, in two languages', async () => {
    writeFileSync(report, '<html><table><tr><td>1');
    const { code, out, err } = await run();
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(
      /^authen-bridge: .*report\.xlsx: This is a web page .*save it as "Excel Workbook \(\.xlsx\)"/,
    );
    expect(err).toMatch(/\n {2}ไฟล์นี้เป็นหน้าเว็บ/);
    expect(err).not.toMatch(/^ +at /m);
  });

  test('killed in the middle and run again: every code once, none lost', async () => {
    const count = 12_000;
    made(Array.from({ length: count }, (_, n) => goodRow(n)));
    const cli = new Cli(['import-report', '--config', config, report]);
    const stored = (): number => {
      try {
        return rows<{ n: number }>('select count(*) as n from reported_code')[0]?.n ?? 0;
      } catch {
        return 0; // the ledger or its tables are not made yet
      }
    };
    while (stored() === 0 && cli.child.exitCode === null) await new Promise((done) => setTimeout(done, 20));
    cli.child.kill('SIGKILL');
    await cli.ended();
    const before = stored();
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThan(count);
    expect(before % 500, 'batches are whole').toBe(0);
    const again = await run();
    expect(figures(again)).toMatchObject({ taken: count - before, 'already known': before, bad: 0 });
    expect(stored()).toBe(count);
  });
});
