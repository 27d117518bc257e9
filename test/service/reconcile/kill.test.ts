/**
 * Processes that are killed in the middle of a night, at any moment, and resumed: 1,000 visits with every outcome among them,
 * judged by NHSO's own journal and by the HIS's own rows.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { plainPerson } from '../../../simulators/his/hosxp/sample-people.ts';
import { insertPeople, insertVisits, type NewVisit } from '../../../simulators/his/hosxp/visits.ts';
import { OUTCOMES } from '../../../src/domain/reconcile.ts';
import type { Reconciliation, ReconciliationItem } from '../../../src/service/ports/reconciliations.ts';
import { programEnv } from '../../support/program-env.ts';
import { describeWith, freshMariaDb } from '../../support/services.ts';
import { HisOfTheFile } from '../support/hospital.ts';
import { hour, NIGHT, type NightHospital, openNight } from './night-hospital.ts';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 120_000 });

const CHILD = fileURLToPath(new URL('./run-process.ts', import.meta.url));
const VISITS = 1_000;

describeWith('mariadb', 'a night that is killed', (adminUrl) => {
  let his: HisOfTheFile;
  let night: NightHospital;
  let folder: string;
  let drop: () => Promise<void>;
  const children = new Set<ChildProcess>();

  beforeAll(async () => {
    const fresh = await freshMariaDb(adminUrl);
    drop = fresh.drop;
    his = await HisOfTheFile.on(fresh.url);
    folder = await mkdtemp(join(tmpdir(), 'authen-bridge-killed-'));
    night = await openNight(his, { store: `sqlite:${join(folder, 'bridge.db')}` });
  });
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await night.close();
    await his.close();
    await rm(folder, { recursive: true, force: true });
    await drop();
  });

  function start(resume: boolean): {
    child: ChildProcess;
    done: () => number;
    end: Promise<Reconciliation | null>;
  } {
    const settings = {
      ...{
        store: `sqlite:${join(folder, 'bridge.db')}`,
        keyFile: join(folder, 'secret.key'),
        hisUrl: his.url,
      },
      ...{ pglite: null, agentUrls: [night.agent.url], statusUrl: night.web.urls.authenStatus },
      ...{ serviceToken: night.web.hospitalToken, ratePerSecond: 150, at: [], now: NIGHT, resume },
    };
    const child = spawn(process.execPath, [CHILD, JSON.stringify(settings)], {
      env: programEnv(),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.add(child);
    let text = '';
    child.stdout?.setEncoding('utf8').on('data', (more: string) => {
      text += more;
    });
    const end = new Promise<Reconciliation | null>((resolve) => {
      child.on('close', () => {
        children.delete(child);
        const last = text.trim().split('\n').at(-1) ?? '';
        resolve(last.startsWith('{') ? (JSON.parse(last) as Reconciliation) : null);
      });
    });
    return { child, end, done: () => Number(text.trim().split('\n').at(-1) ?? 0) || 0 };
  }

  it('says each visit once, asks nobody twice for what is known, writes nothing twice, and can be undone', async () => {
    await fill();
    let killed = 0;
    let run: Reconciliation | null = null;
    for (const after of [60, 300, 420, 700, 10_000]) {
      const process = start(killed > 0);
      const timer = setInterval(() => process.done() >= after && process.child.kill('SIGKILL'), 5);
      run = await process.end;
      clearInterval(timer);
      if (run !== null) break;
      killed += 1;
    }
    expect(killed, 'it was killed in the middle more than once').toBeGreaterThanOrEqual(2);
    expect(run).toMatchObject({ state: 'finished', hisCount: VISITS });
    const items = await night.items(run as Reconciliation);
    expect(items).toHaveLength(VISITS);
    const sum = Object.values((run as Reconciliation).counts).reduce((a, b) => a + b, 0);
    expect(sum).toBe(VISITS);
    expect(Object.keys((run as Reconciliation).counts).sort()).toEqual([...OUTCOMES].sort());

    // asked again at most for those who were in hand when the process died
    const asked = Map.groupBy(night.web.control.requests({ call: 'check-authen-status' }), (r) => r.pid);
    const twice = [...asked.values()].filter((r) => r.length > 1).length;
    expect(twice).toBeLessThanOrEqual(killed * 200);
    for (const requests of asked.values()) expect(requests.length).toBeLessThanOrEqual(1 + killed);

    // the HIS's own rows: every code that was found stands in its row, once, and no other was touched
    await expectInHis(items);

    const report = await night.reconcile.undo((run as Reconciliation).id, 'cli:somchai');
    const written = items.filter((i) => i.written !== null);
    expect(report.visits.every((v) => v.outcome === 'put-back')).toBe(true);
    expect(report.visits).toHaveLength(written.length);
    const rows = await codesInHis();
    for (const { vn } of written) expect(rows.get(vn)).toBe('');
  });

  async function expectInHis(items: readonly ReconciliationItem[]): Promise<void> {
    const rows = await codesInHis();
    const found = items.filter((i) => i.outcome === 'found');
    for (const item of found) expect(rows.get(item.vn)).toBe(item.claimCode);
    // also what was written a moment before the process died: the row itself says whose it is
    expect(found.filter((i) => i.written === null)).toEqual([]);
    const codes = [...rows.values()].filter((code) => code !== '');
    expect(new Set(codes).size).toBe(codes.length);
    const others = items.filter((i) => !['found', 'had-one', 'disagree'].includes(i.outcome));
    for (const item of others) expect(rows.get(item.vn)).toBe('');
  }

  async function codesInHis(): Promise<Map<string, string>> {
    const rows = await his.db.query('SELECT vn, auth_code FROM visit_pttype', []);
    return new Map(rows.map((r) => [String(r.vn), r.auth_code === null ? '' : String(r.auth_code)]));
  }

  /** Of each ten people: a code to find ×3, had one ×2, nothing, elsewhere, typed wrong, a second visit, no need. */
  async function fill(): Promise<void> {
    const visits: NewVisit[] = [];
    const people = new Set<number>();
    for (let i = 0; visits.length < VISITS; i++) {
      const at = hour(6 + (i * 10) / 3600);
      const more: Partial<NewVisit> = {};
      const issue = (extra: Parameters<NightHospital['issue']>[2] = {}): string =>
        night.issue(i, 6 + (i * 10 + 5) / 3600, extra);
      if (i % 10 < 3) issue();
      else if (i % 10 < 5) more.authCode = issue();
      else if (i % 10 === 6) issue({ hcode: '11472' });
      else if (i % 10 === 7) {
        issue();
        more.authCode = `PP7${String(i).padStart(9, '0')}`;
      } else if (i % 10 === 8) {
        issue();
        // a second visit of the same person, and one code for the two
        visits.push({ hn: plainPerson(i).hn, at: hour(18 + i / 3600) });
      } else if (i % 10 === 9) more.an = `AN${i}`;
      people.add(i);
      if (visits.length < VISITS) visits.push({ hn: plainPerson(i).hn, at, ...more });
    }
    await insertPeople(his.db, [...people].map(plainPerson));
    await insertVisits(his.db, visits);
  }
});
