/**
 * The whole bridge as a hospital runs it: real processes, a real HIS database, a real queue, the agent over HTTP. What
 * became of it is asked from the outside: the HIS's own rows and the simulator's own journal.
 */

import { Client } from 'fhir-kit-client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { plainPerson } from '../../simulators/his/hosxp/sample-people.ts';
import { cancelVisit, editPatient } from '../../simulators/his/hosxp/visits.ts';
import { programEnv } from '../support/program-env.ts';
import {
  describeWith,
  type FreshDatabase,
  freshMariaDb,
  freshPostgres,
  ownRedis,
} from '../support/services.ts';
import { type BridgeProcess, eventually, HCODE, Hospital } from './bridge-support.ts';

type CaseJson = { vn: string; state: string; reason: string | null; code: { claimCode: string } | null };
const caseOf = (bridge: BridgeProcess, vn: string): Promise<CaseJson> =>
  bridge.get<CaseJson>(`/api/cases/${HCODE}/${vn}`);
const isIn = (bridge: BridgeProcess, vn: string, state: string) => async (): Promise<boolean> => {
  const found = await bridge.get<{ items?: CaseJson[]; cases?: CaseJson[] }>(
    `/api/cases?site=${HCODE}&limit=500`,
  );
  return (found.items ?? found.cases ?? []).some((c) => c.vn === vn && c.state === state);
};

describeWith('mariadb', 'the bridge on MariaDB and Redis', (mariadb) => {
  describeWith('redis', 'with a SQLite ledger', (redis) => {
    let database: FreshDatabase;
    let hospital: Hospital;
    let bridge: BridgeProcess;
    beforeAll(async () => {
      database = await freshMariaDb(mariadb, 'tis620');
      hospital = await Hospital.open({
        hisUrl: database.url,
        store: (f) => `sqlite:${f}/bridge.db`,
        queue: ownRedis(redis, 1),
      });
      bridge = await hospital.startBridge();
    }, 120_000);
    afterAll(async () => {
      await hospital.close();
      await database.drop();
    });
    afterEach(() => {
      hospital.agent.control.nhsoUp();
      hospital.agent.control.loseAnswers({ next: 0 });
    });

    it('gets a code for a visit, writes it into the HIS, and shows it as FHIR', async () => {
      const vn = await hospital.patient(2001, bridge);
      await eventually('written', isIn(bridge, vn, 'written'));
      const code = await hospital.codeInHis(vn);
      expect(code).toMatch(/^PP\d{10}$/);
      const fhir = new Client({ baseUrl: `${bridge.url}/fhir`, bearerToken: hospital.key });
      const bundle = await fhir.search({
        resourceType: 'Encounter',
        searchParams: { identifier: `https://terms.sil-th.org/id/th-nhso-claim-code|${code}` },
      });
      expect(bundle.total).toBe(1);
      const { items } = { items: (bundle.entry ?? []) as { resource: { id: string } }[] };
      expect(items[0]?.resource.id).toContain(vn);
    });

    it('a lost answer is looked up, never asked again', async () => {
      hospital.agent.control.loseAnswers({ next: 1, how: 'drop' });
      const vn = await hospital.patient(2002, bridge);
      await eventually('written', isIn(bridge, vn, 'written'));
      const [confirms] = hospital.agent.control.confirms(plainPerson(2002).cid ?? '');
      expect(confirms).toMatchObject({ asked: 1, issued: 1 });
      expect(await hospital.codeInHis(vn)).toBe(
        hospital.agent.control.codes(plainPerson(2002).cid ?? '')[0]?.claimCode,
      );
    });

    it('a code that came by another channel is adopted', async () => {
      const pid = plainPerson(2003).cid ?? '';
      const { claimCode } = hospital.agent.control.issueCode({ pid, channel: 'line' });
      const vn = await hospital.patient(2003, bridge);
      await eventually('written', isIn(bridge, vn, 'written'));
      expect(await hospital.codeInHis(vn)).toBe(claimCode);
    });

    it('no phone goes to a person, who gives it; then the code comes', async () => {
      const vn = await hospital.patient(2004, bridge, { person: { mobile: null } });
      await eventually('needs-staff', isIn(bridge, vn, 'needs-staff'));
      expect(await caseOf(bridge, vn)).toMatchObject({ reason: 'no-phone' });
      expect(hospital.agent.control.confirms(plainPerson(2004).cid ?? '')).toEqual([]);
      const answer = await bridge.post(`/api/cases/${HCODE}/${vn}/resolve`, {
        action: 'give-phone',
        mobile: '0812345678',
      });
      expect(answer.status).toBe(200);
      await eventually('written', isIn(bridge, vn, 'written'));
    });

    it('a phone that is entered in the HIS is seen', async () => {
      const vn = await hospital.patient(2005, bridge, { person: { mobile: null } });
      await eventually('needs-staff', isIn(bridge, vn, 'needs-staff'));
      await editPatient(hospital.his, plainPerson(2005).hn, 'mobile_phone_number', '0812345679');
      await eventually('written', isIn(bridge, vn, 'written'));
    });

    it('a visit that the desk removes is cancelled, and nothing was asked for it', async () => {
      const vn = await hospital.patient(2006, bridge, { card: false });
      await eventually('awaiting-card', isIn(bridge, vn, 'awaiting-card'));
      await cancelVisit(hospital.his, vn);
      await eventually('cancelled', isIn(bridge, vn, 'cancelled'));
      expect(hospital.agent.control.confirms(plainPerson(2006).cid ?? '')).toEqual([]);
    });

    it('waits while NHSO is down and goes on by itself', async () => {
      const ready = await hospital.patient(2007, bridge, { card: false });
      await bridge.cardRead(hospital.agent, plainPerson(2007).cid ?? '');
      await eventually('written', isIn(bridge, ready, 'written'));
      hospital.agent.control.nhsoDown('500');
      const pid = plainPerson(2008).cid ?? '';
      const vn = await hospital.patient(2008, bridge, { card: false });
      hospital.agent.control.nhsoUp();
      await bridge.cardRead(hospital.agent, pid);
      hospital.agent.control.nhsoDown('html');
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      hospital.agent.control.nhsoUp();
      await eventually('written', isIn(bridge, vn, 'written'));
      expect(hospital.agent.control.confirms(pid)[0]).toMatchObject({ issued: 1 });
    }, 90_000);

    it('killed with -9 again and again, asks for each visit once and loses none', async () => {
      const people = Array.from({ length: 12 }, (_, i) => 2100 + i);
      const vns: string[] = [];
      for (const [i, n] of people.entries()) {
        vns.push(await hospital.patient(n, bridge));
        if (i % 4 !== 3) continue;
        await new Promise((resolve) => setTimeout(resolve, 40 + i * 37));
        await bridge.kill('SIGKILL');
        bridge = await hospital.startBridge();
      }
      for (const vn of vns) await eventually(`${vn} written`, isIn(bridge, vn, 'written'), 120_000);
      const codes = await Promise.all(vns.map((vn) => hospital.codeInHis(vn)));
      expect(new Set(codes).size).toBe(vns.length);
      for (const [i, n] of people.entries()) {
        const pid = plainPerson(n).cid ?? '';
        const [confirms] = hospital.agent.control.confirms(pid);
        expect(confirms?.issued).toBe(1);
        expect(hospital.agent.control.codes(pid).map((c) => c.claimCode)).toEqual([codes[i]]);
      }
    }, 300_000);

    it('ends with 0 on SIGTERM', async () => {
      expect(await bridge.kill('SIGTERM')).toBe(0);
    });
  });
});

describeWith('postgres', 'two bridges on PostgreSQL: HIS, ledger and queue', (postgres) => {
  let his: FreshDatabase;
  let own: FreshDatabase;
  let hospital: Hospital;
  beforeAll(async () => {
    his = await freshPostgres(postgres);
    own = await freshPostgres(postgres);
    hospital = await Hospital.open({ hisUrl: his.url, store: () => own.url, queue: own.url });
  }, 120_000);
  afterAll(async () => {
    await hospital.close();
    await his.drop();
    await own.drop();
  });

  it('share the work; one is killed, the other goes on; nothing is asked twice', async () => {
    const first = await hospital.startBridge();
    const second = await hospital.startBridge();
    const people = Array.from({ length: 10 }, (_, i) => 2200 + i);
    const vns: string[] = [];
    for (const [i, n] of people.entries()) {
      vns.push(await hospital.patient(n, i % 2 === 0 && i < 5 ? first : second));
      if (i === 5) await first.kill('SIGKILL');
    }
    for (const vn of vns) await eventually(`${vn} written`, isIn(second, vn, 'written'), 150_000);
    for (const [i, n] of people.entries()) {
      const pid = plainPerson(n).cid ?? '';
      expect(hospital.agent.control.confirms(pid)[0]).toMatchObject({ issued: 1 });
      expect(await hospital.codeInHis(vns[i] ?? '')).toBe(hospital.agent.control.codes(pid)[0]?.claimCode);
    }
  }, 300_000);
});

describe('the demo', () => {
  it('ends by itself with every visit accounted for', async () => {
    const { spawn } = await import('node:child_process');
    const { keepOutput } = await import('../support/output.ts');
    const child = spawn(
      process.execPath,
      ['--liftoff-only', 'src/cli.ts', 'demo', '--visits', '22', '--exit-when-done'],
      { env: programEnv(), stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString('utf8');
        keepOutput('demo', chunk);
      });
    }
    const code = await new Promise((resolve) => child.once('exit', resolve));
    expect(output).toContain('Every visit is accounted for.');
    expect(output.match(/written +PP\d{10}/g)?.length ?? 0).toBeGreaterThan(5);
    expect(code).toBe(0);
  }, 240_000);
});
