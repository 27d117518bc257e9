/** A hospital's yesterday, with one visit for each thing that the night may say of one: real HIS, simulators over HTTP. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { plainPerson } from '../../../simulators/his/hosxp/sample-people.ts';
import { createSchema, seedReferenceData } from '../../../simulators/his/hosxp/schema.ts';
import { codeOf, insertPeople, insertVisit } from '../../../simulators/his/hosxp/visits.ts';
import { openSimDb, type SimDb } from '../../../simulators/his/sim-db.ts';
import { type NhsoAgentSimulator, startNhsoAgent } from '../../../simulators/nhso-agent/start.ts';
import { type NhsoWebSimulator, startNhsoWeb } from '../../../simulators/nhso-web/start.ts';
import { addDays, type ServiceDate, serviceDateOf, startOfServiceDate } from '../../../src/domain/bangkok.ts';
import type { Outcome } from '../../../src/domain/reconcile.ts';
import { Cli, type Ended, runCli } from '../cli.ts';

const HCODE = '10978';
const OTHER = '11111';
const HOUR_MS = 3_600_000;

export class NightHospital {
  readonly day: ServiceDate;
  readonly his: SimDb;
  readonly agent: NhsoAgentSimulator;
  readonly web: NhsoWebSimulator;
  readonly folder: string;
  readonly config: string;
  readonly #people: string[] = [];
  readonly #hisUrl: string;

  private constructor(
    hisUrl: string,
    parts: { his: SimDb; agent: NhsoAgentSimulator; web: NhsoWebSimulator; folder: string },
  ) {
    this.day = addDays(serviceDateOf(Date.now()), -1);
    this.his = parts.his;
    this.agent = parts.agent;
    this.web = parts.web;
    this.folder = parts.folder;
    this.#hisUrl = hisUrl;
    this.config = this.configFile({});
  }

  static async open(hisUrl: string): Promise<NightHospital> {
    const folder = mkdtempSync(join(tmpdir(), 'authen-bridge-night-'));
    const his = await openSimDb(hisUrl);
    await createSchema(his);
    await seedReferenceData(his, { hcode: HCODE, hospitalName: 'โรงพยาบาลสมมุติ' });
    const agent = await startNhsoAgent({ hcode: HCODE });
    const web = await startNhsoWeb({ hcode: HCODE, centre: agent.control.centre });
    return new NightHospital(hisUrl, { his, agent, web, folder });
  }

  /** Its own ledger, unless `store` is given. */
  configFile(change: { nhso?: object; reconcile?: object; more?: object }, name = 'bridge'): string {
    const site = {
      hcode: HCODE,
      his: { kind: 'hosxp', url: this.#hisUrl },
      stations: [{ id: 'counter-1', agentUrl: this.agent.url }],
      nhso: {
        authenStatusUrl: this.web.urls.authenStatus,
        serviceToken: this.web.hospitalToken,
        ...change.nhso,
      },
      reconcile: { ratePerSecond: 100, ...change.reconcile },
    };
    const file = join(this.folder, `${name}.json`);
    const own = { store: `sqlite:${join(this.folder, `${name}.db`)}`, queue: 'embedded', sites: [site] };
    writeFileSync(
      file,
      JSON.stringify({ ...own, secrets: { keyFile: join(this.folder, 'key') }, ...change.more }),
    );
    return file;
  }

  /** One visit yesterday at that hour, of a person of its own. */
  async visit(hour: number, more: { authCode?: string; nationality?: string } = {}): Promise<Visit> {
    const at = startOfServiceDate(this.day) + hour * HOUR_MS;
    const { authCode = null, nationality = '99' } = more;
    const person = { ...plainPerson(this.#people.length + 1), nationality };
    this.#people.push(person.hn);
    await insertPeople(this.his, [person]);
    const vn = await insertVisit(this.his, { hn: person.hn, at, authCode });
    return { vn, pid: person.cid ?? '', hn: person.hn, at };
  }

  issue({ pid, at }: Visit, claimCode: string, more: { hcode?: string; minutes?: number } = {}): void {
    const { hcode = HCODE, minutes = 20 } = more;
    this.web.control.issueCode({ pid, claimCode, hcode, issuedAt: at + minutes * 60_000 });
  }

  /** One visit for each outcome. */
  async everyOutcome(): Promise<Record<Outcome, Visit>> {
    const visits = {
      'had-one': await this.visit(8, { authCode: 'PP1000000001' }),
      found: await this.visit(9),
      ambiguous: await this.visit(10),
      missing: await this.visit(11),
      'other-hospital': await this.visit(12),
      disagree: await this.visit(13, { authCode: 'PP1000000009' }),
      'not-required': await this.visit(14, { nationality: '48' }),
    };
    this.issue(visits['had-one'], 'PP1000000001');
    this.issue(visits.found, 'PP1000000002');
    this.issue(visits.ambiguous, 'PP1000000003');
    this.issue(visits.ambiguous, 'PP1000000004', { minutes: 30 });
    this.issue(visits['other-hospital'], 'PP1000000005', { hcode: OTHER });
    this.issue(visits.disagree, 'PP1000000006');
    return visits;
  }

  codeInHis(vn: string): Promise<string | null> {
    return codeOf(this.his, vn).then((code) => code ?? null);
  }

  start(...args: string[]): Cli {
    return new Cli(['reconcile', ...args]);
  }

  run(...args: string[]): Promise<Ended> {
    return runCli(['reconcile', ...args]);
  }

  async close(): Promise<void> {
    await this.web.close();
    await this.agent.close();
    await this.his.close();
    rmSync(this.folder, { recursive: true });
  }
}

export interface Visit {
  vn: string;
  pid: string;
  hn: string;
  at: number;
}
