/** The reader worker beside a real agent, with a clock that is not ours. */

import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openAgent } from '../../../adapters/nhso/agent.ts';
import { agentCardSource } from '../../../adapters/reader/agent-source.ts';
import { openBridgeLink } from '../../../adapters/reader/bridge-link.ts';
import { openSpool } from '../../../adapters/reader/spool.ts';
import { type NhsoAgentSimulator, startNhsoAgent } from '../../../simulators/nhso-agent/start.ts';
import { endOfServiceDate, serviceDateOf } from '../../../src/domain/bangkok.ts';
import { makeLog } from '../../../src/log.ts';
import { runReader } from '../../../src/service/reader/worker.ts';
import { throwAwayFolder } from '../../support/leave-nothing.ts';
import { sampleCitizenId } from '../../support/samples.ts';
import { freePort } from '../../support/services/processes.ts';

const HCODE = '10978';
const MINUTE_MS = 60_000;

let agent: NhsoAgentSimulator;
beforeAll(async () => {
  agent = await startNhsoAgent({ hcode: HCODE });
});
afterAll(() => agent.close());

test.each([
  ['has another day', 20, 'NHSO has another day than this machine'],
  ['has the same day', 5, null],
])('when NHSO %s, the log says so of the read that is kept', async (_, aheadMinutes, said) => {
  // ten minutes past midnight by the counter's clock
  const counterNow = endOfServiceDate(serviceDateOf(Date.now())) + 10 * MINUTE_MS;
  agent.control.centre.clockOffsetMs = counterNow - aheadMinutes * MINUTE_MS - Date.now();
  const folder = throwAwayFolder('authen-bridge-worker-');
  const spool = await openSpool(join(folder, 'spool'));
  const timeouts = { terminalsMs: 3_000, cardOnlyMs: 8_000, readMs: 10_000 };
  const source = agentCardSource(
    openAgent({
      ...{ url: agent.url, hcode: HCODE, zone: 'prod' },
      timeouts: { ...timeouts, draftMs: 10_000, confirmMs: 10_000, lookupMs: 10_000 },
    }),
  );
  // nobody listens there: the read stays on disk
  const bridge = openBridgeLink({ url: `http://127.0.0.1:${await freePort()}`, key: 'none', timeoutMs: 500 });
  let logged = '';
  const write = (line: string): void => {
    logged += line;
  };
  const stop = new AbortController();
  const pid = sampleCitizenId(1);
  agent.control.insertCard(pid);
  const running = runReader(
    {
      ...{ sources: { agent: source, pcsc: null }, spool, bridge },
      log: makeLog({ level: 'info', destination: { write } }),
      ...{ clock: { now: () => counterNow }, newId: randomUUID, onStatus: () => undefined },
    },
    { station: { stationId: 'counter-1', hcode: HCODE }, pollMs: 50, settleMs: 0, nhsoRetryMs: 60_000 },
    stop.signal,
  );
  try {
    await expect.poll(() => spool.waiting).toBe(1);
    const kept = await spool.oldest();
    const dayOf = (at: number): string => serviceDateOf(at);
    expect(dayOf(Date.parse(kept?.message.readAt ?? ''))).toBe(dayOf(counterNow - aheadMinutes * MINUTE_MS));
    await expect.poll(() => logged).toContain('card read');
    if (said === null) expect(logged).not.toContain('NHSO has another day');
    else expect(logged).toContain(said);
    expect(logged).not.toContain(pid);
  } finally {
    stop.abort();
    await running;
    agent.control.removeCard();
    await spool.close();
    await bridge.close();
    await source.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
