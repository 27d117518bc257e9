import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openWorkQueue } from '../../queues/open-work-queue.ts';
import { makeMetrics } from '../../src/http/metrics.ts';
import type { HisState } from '../../src/service/bridge-api.ts';
import type { Finding } from '../../src/service/ports/finding.ts';
import { SAMPLE_AT, SAMPLE_DATE, SAMPLE_HCODE, sampleCase, sampleCitizenId } from '../support/samples.ts';
import { describeWith } from '../support/services.ts';
import { OTHER_HCODE, openHouse, type TestHouse } from './support/house.ts';

let house: TestHouse;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house.close());

describe('health and readiness', () => {
  test('alive says no more than that', async () => {
    const { status, json } = await house.ask('GET', '/healthz');
    expect(status).toBe(200);
    expect(json).toEqual({ status: 'ok', uptimeSeconds: expect.any(Number) });
  });

  test('alive also while the ledger is away', async () => {
    const own = await openHouse();
    await own.ledger.close();
    expect((await own.ask('GET', '/healthz')).status).toBe(200);
    await own.close();
  });

  test('a bridge that has not been started is not ready, and says why', async () => {
    const { status, json } = await house.ask('GET', '/readyz');
    expect(status).toBe(503);
    expect(json).toMatchObject({
      ready: false,
      notReady: [{ check: 'starting', message: 'the bridge is starting' }],
    });
    expect(json.warnings.map((w: { check: string }) => w.check)).toContain(`his-${SAMPLE_HCODE}`);
  });

  test('ready with warnings is ready; how to put it right is for doctor', async () => {
    const findings: Finding[] = [
      { check: 'ledger', level: 'ok', message: 'writable' },
      {
        check: 'nhso-10978',
        level: 'warn',
        message: `away since ${sampleCitizenId(1)}`,
        fix: 'GRANT UPDATE …',
      },
    ];
    const none = { awaySince: null, lastPoll: null, isListening: null } as const;
    const his: HisState[] = [
      { ...none, hcode: '10978', state: 'well', lastPoll: SAMPLE_AT, paceMs: 2_000, pace: 'usual' },
      { ...none, hcode: '10979', state: 'away', awaySince: SAMPLE_AT, paceMs: 30_000, pace: 'away' },
    ];
    const told = { readiness: async () => findings, hisStates: () => his };
    const api = Object.assign(Object.create(house.parts.api), told);
    const own = await openHouse({ api });
    const { status, json, text } = await own.ask('GET', '/readyz');
    expect(status).toBe(200);
    expect(json).toMatchObject({ ready: true, notReady: [], warnings: [{ check: 'nhso-10978' }] });
    expect(json.his).toEqual([
      {
        ...{ site: '10979', state: 'away', awaySince: '2026-11-20T08:30:00+07:00', lastPoll: null },
        ...{ paceSeconds: 30, pace: 'away', listening: null },
      },
      {
        ...{ site: '10978', state: 'well', awaySince: null, lastPoll: '2026-11-20T08:30:00+07:00' },
        ...{ paceSeconds: 2, pace: 'usual', listening: null },
      },
    ]);
    expect(text).not.toContain('GRANT');
    expect(text).not.toContain(sampleCitizenId(1));
    await own.close();
  });
});

describe('figures', () => {
  let figures: () => Promise<string>;
  beforeAll(async () => {
    const key = await house.key(['metrics:read']);
    figures = async () => {
      const answer = await house.ask('GET', '/metrics', { key });
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
      return answer.text;
    };
  });

  test('cases of today by site and state, looked up when asked', async () => {
    await house.put(
      sampleCase({ vn: 'a', state: 'written', reason: null }),
      sampleCase({ vn: 'b', pid: sampleCitizenId(2) }),
      sampleCase({ vn: 'c', pid: sampleCitizenId(3), hcode: OTHER_HCODE }),
    );
    const text = await figures();
    expect(text).toContain(`authen_bridge_cases{site="${SAMPLE_HCODE}",state="written"} 1`);
    expect(text).toContain(`authen_bridge_cases{site="${SAMPLE_HCODE}",state="awaiting-card"} 1`);
    expect(text).toContain(`authen_bridge_cases{site="${OTHER_HCODE}",state="awaiting-card"} 1`);
    expect(text).toContain(`authen_bridge_cases{site="${OTHER_HCODE}",state="expired"} 0`);
  });

  test('what the service told', async () => {
    const { metrics } = house.parts;
    const site = SAMPLE_HCODE;
    metrics.count('card-reads', { site, kind: 'full', outcome: 'accepted' });
    metrics.count('write-backs', { site, outcome: 'written' }, 2);
    metrics.observe('nhso-call', 0.3, { site, call: 'confirmSave', outcome: 'ok' });
    metrics.observe('poll', 0.004, { site, kind: 'visits', outcome: 'ok' });
    metrics.set('breaker-open', 1, { site });
    const text = await figures();
    expect(text).toContain(`authen_bridge_card_reads_total{site="${site}",kind="full",outcome="accepted"} 1`);
    expect(text).toContain(`authen_bridge_write_backs_total{site="${site}",outcome="written"} 2`);
    expect(text).toContain(
      `authen_bridge_nhso_call_seconds_count{site="${site}",call="confirmSave",outcome="ok"} 1`,
    );
    expect(text).toContain(
      `authen_bridge_poll_seconds_bucket{le="0.005",site="${site}",kind="visits",outcome="ok"} 1`,
    );
    expect(text).toContain(`authen_bridge_breaker_open{site="${site}"} 1`);
  });

  test('requests by template, never by address', async () => {
    const key = await house.key(['cases:read']);
    await house.ask('GET', `/api/cases/${SAMPLE_HCODE}/b?unmasked=false`, { key });
    await house.ask('GET', `/some/${sampleCitizenId(1)}`, { key });
    const text = await figures();
    expect(text).toMatch(
      /http_request_seconds_count\{method="GET",route="\/api\/cases\/\{hcode\}\/\{vn\}",status="200"\} 1/,
    );
    expect(text).toMatch(/route="unmatched",status="404"/);
    expect(text).not.toContain('unmasked');
    expect(text).not.toMatch(/\b99\d{11}\b/);
  });

  test('a ledger that is away costs its own figures only', async () => {
    const own = await openHouse();
    const render = () => own.parts.metrics.render();
    await own.put(sampleCase());
    expect(await render()).toContain('authen_bridge_cases{');
    await own.ledger.close();
    const text = await render();
    expect(text).not.toContain('authen_bridge_cases{');
    expect(text).toContain('process_resident_memory_bytes');
    expect(await render()).toMatch(/scrape_failures_total\{source="ledger"\} [12]/);
    await own.close();
  });

  test('a source that does not answer does not keep the others waiting', async () => {
    const { ledger, clock, sites } = house.parts;
    const silent = () => new Promise<never>(() => undefined);
    const metrics = makeMetrics({ ledger, clock, sites, queue: { counts: silent, oldestWaitMs: silent } });
    const text = await metrics.render();
    expect(text).toContain('authen_bridge_cases{');
    expect(text).not.toContain('authen_bridge_queue_jobs{');
    expect(await metrics.render()).toMatch(/scrape_failures_total\{source="queue"\} [234]/);
  });

  test('of yesterday are gone after midnight in Bangkok', async () => {
    const own = await openHouse();
    await own.put(sampleCase({ serviceDate: SAMPLE_DATE }));
    expect(await own.parts.metrics.render()).toContain('state="awaiting-card"} 1');
    own.wait(24 * 3_600_000);
    expect(await own.parts.metrics.render()).toContain('state="awaiting-card"} 0');
    await own.close();
  });
});

describeWith('redis', 'figures of the queue', (url) => {
  test('are looked up when asked', async () => {
    const { ledger, clock, sites, log } = house.parts;
    const queue = await openWorkQueue(url, { log, concurrency: 1, prefix: `http-test-${randomUUID()}` });
    try {
      const job = { hcode: SAMPLE_HCODE, vn: '1', stepSeq: 1, serviceDate: SAMPLE_DATE };
      await queue.add([{ ...job, step: 'draft' }]);
      const text = await makeMetrics({ ledger, clock, sites, queue }).render();
      expect(text).toContain('authen_bridge_queue_jobs{queue="draft",state="waiting"} 1');
      expect(text).toContain('authen_bridge_queue_jobs{queue="confirm",state="waiting"} 0');
      expect(text).toMatch(/authen_bridge_queue_oldest_wait_seconds \d/);
    } finally {
      await queue.close(0);
    }
  });
});
