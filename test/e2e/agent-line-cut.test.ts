/**
 * The line of a carried counter is cut again and again, at any byte: NHSO's own journal says how often a code was asked for, the HIS's
 * own rows who has one.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { NhsoHttp } from '../../adapters/nhso/http.ts';
import { keepLine } from '../../adapters/nhso/line/dial.ts';
import { plainPerson } from '../../simulators/his/hosxp/sample-people.ts';
import { quietLog } from '../service/support/quiet.ts';
import { addKey } from '../support/api-key.ts';
import { describeWith, type FreshDatabase, freshMariaDb } from '../support/services.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { carriedCounter, OF_A_READER } from './agent-line-support.ts';
import { type BridgeProcess, eventually, HCODE, Hospital } from './bridge-support.ts';

let hospital: Hospital;
const { hasCode } = carriedCounter(() => hospital);

describeWith('mariadb', 'counters behind their readers, with lines that are cut', (mariadb) => {
  const STATIONS = ['counter-1', 'counter-2', 'counter-3', 'counter-4', 'counter-5'];
  const CUTS = 120;
  let database: FreshDatabase;
  let bridge: BridgeProcess;
  beforeAll(async () => {
    database = await freshMariaDb(mariadb, 'tis620');
    hospital = await Hospital.open({
      ...{ hisUrl: database.url, queue: 'embedded', store: (f) => `sqlite:${f}/bridge.db` },
      stations: STATIONS.map((id) => ({ id, agent: 'reader' })),
    });
    bridge = await hospital.startBridge();
  }, 120_000);
  afterAll(async () => {
    await hospital.close();
    await database.drop();
  });

  it(`${CUTS} cuts: nobody is asked for twice, and every code that was issued ends in the HIS`, async () => {
    // NHSO would issue a second code to whoever asked twice
    hospital.agent.control.limitPerDay(null);
    const seed = Number(process.env.AUTHEN_BRIDGE_TEST_SEED ?? 20261128);
    const bytes = fc.sample(fc.integer({ min: 1, max: 2_500 }), { seed, numRuns: 50_000 }).values();
    const counters = await Promise.all(
      STATIONS.map(async (stationId) => {
        const proxy = await TcpProxy.to(bridge.url);
        const exchange = new NhsoHttp(hospital.agent.url, { connections: 4 });
        const own = { ...OF_A_READER, stationId };
        const key = await addKey(`sqlite:${hospital.folder}/bridge.db`, stationId, own);
        const line = keepLine({
          ...{ bridge: proxy.through(bridge.url), key, exchange, log: quietLog },
          onState: () => undefined,
          pauses: { first: 30, longest: 100, refused: 200, replaced: 100 },
        });
        return { stationId, proxy, exchange, line };
      }),
    );
    const cuts = (): number => counters.reduce((sum, c) => sum + c.proxy.cuts, 0);
    const armed = setInterval(() => {
      for (const { proxy } of counters) proxy.cutAfter(bytes.next().value ?? 100);
    }, 400);
    const vns: string[] = [];
    try {
      for (let n = 5000; cuts() < CUTS && n < 5400; n++) {
        const stationId = STATIONS[n % STATIONS.length] ?? '';
        vns.push(await hospital.patient(n, bridge, { card: false }));
        const read = hospital.readOf(plainPerson(n).cid ?? '', stationId);
        expect((await bridge.post('/api/card-reads', read)).status).toBe(201);
        await sleep(300);
      }
    } finally {
      clearInterval(armed);
      for (const { proxy } of counters) proxy.cutAfter(Number.POSITIVE_INFINITY);
    }
    const lost = cuts();
    for (const vn of vns) await eventually(`visit ${vn} has its code`, () => hasCode(vn), 180_000);
    for (const { line, exchange, proxy } of counters) {
      await line.close();
      await exchange.close();
      await proxy.close();
    }
    const events: string[] = [];
    for (const vn of vns) {
      const { history } = await bridge.get<{ history: { event: string }[] }>(`/api/cases/${HCODE}/${vn}`);
      events.push(...history.map((h) => h.event));
    }
    const [unknown = 0, unsent = 0] = ['answer-lost', 'confirm-not-sent'].map(
      (event) => events.filter((e) => e === event).length,
    );
    const all = hospital.agent.control.confirms();
    console.log(
      `agent line: seed ${seed}, ${lost} cuts, ${vns.length} visits, each asked for once; ` +
        `${unknown} confirms whose answer was lost, ${unsent} that were not sent`,
    );
    expect(lost).toBeGreaterThanOrEqual(CUTS);
    // the cuts have hit what they were meant to hit
    expect(Math.min(unknown, unsent)).toBeGreaterThan(0);
    expect(all).toHaveLength(vns.length);
    expect(all.filter((c) => c.asked !== 1 || c.issued !== 1)).toEqual([]);
    const inHis = await Promise.all(vns.map((vn) => hospital.codeInHis(vn)));
    const issued = hospital.agent.control.codes().map((c) => c.claimCode);
    expect(inHis.toSorted()).toEqual(issued.toSorted());
  }, 600_000);
});
