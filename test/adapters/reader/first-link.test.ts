/** Two bridges on one ledger: a read goes to the one that answers. */

import { afterEach, beforeEach, expect, test } from 'vitest';
import { openBridgeLink } from '../../../adapters/reader/bridge-link.ts';
import { BridgeTurns } from '../../../adapters/reader/bridge-turns.ts';
import { firstLink } from '../../../adapters/reader/first-link.ts';
import type { CardReadMessage } from '../../../src/domain/card-read.ts';
import type { BridgeLink } from '../../../src/service/ports/reader.ts';
import { RecordingBridge } from '../../e2e/reader-support.ts';
import { sampleCitizenId } from '../../support/samples.ts';

let bridges: RecordingBridge[];
let link: BridgeLink;
beforeEach(async () => {
  bridges = [new RecordingBridge(), new RecordingBridge()];
  for (const bridge of bridges) await bridge.start();
  const links = bridges.map(({ url }) => openBridgeLink({ url, key: 'test-key', timeoutMs: 2_000 }));
  link = firstLink(links, new BridgeTurns());
});
afterEach(async () => {
  await link.close();
  for (const bridge of bridges) await bridge.stop().catch(() => undefined);
});

const read = (): CardReadMessage => ({
  ...{ id: crypto.randomUUID(), pid: sampleCitizenId(1), kind: 'card-only', correlationId: null },
  ...{ readAt: '2026-11-20T08:30:00+07:00', stationId: 'counter-1', claimTypes: [] },
});
const taken = () => bridges.map((b) => b.taken.length);

test('to the first, as long as it answers', async () => {
  for (let i = 0; i < 3; i++) await link.deliver(read());
  expect(taken()).toEqual([3, 0]);
});

test('to the next when it does not, and there it stays', async () => {
  await bridges[0]?.stop();
  await link.deliver(read());
  await bridges[0]?.start();
  await link.deliver(read());
  expect(taken()).toEqual([0, 2]);
  await bridges[1]?.stop();
  await link.deliver(read());
  expect(taken()).toEqual([1, 2]);
  await bridges[1]?.start();
});

test('a refusal is an answer: nobody else is asked', async () => {
  const [one, other] = bridges;
  if (one === undefined || other === undefined) throw new Error('two were started');
  one.mood = () => 400;
  await expect(link.deliver(read())).rejects.toMatchObject({ code: 'bridge-refused', retry: 'no' });
  expect(other.requests).toBe(0);
});

test('when none answers, that is what it says', async () => {
  for (const bridge of bridges) await bridge.stop();
  await expect(link.deliver(read())).rejects.toMatchObject({ code: 'bridge-unreachable', retry: 'yes' });
  for (const bridge of bridges) await bridge.start();
});
