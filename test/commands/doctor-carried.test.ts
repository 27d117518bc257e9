/** What `doctor` says of a station whose reader carries its calls: what the bridge that runs knows of it. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { carriedFindings, readinessHere } from '../../src/commands/doctor/carried.ts';
import { openHouse, type TestHouse } from '../http/support/house.ts';

let house: TestHouse;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house.close());

const AT = { hcode: '10978', station: 'counter-1' };
const portOf = (url: string) => Number(new URL(url).port);

test('a real bridge is asked where it listens, whatever address it listens on', async () => {
  for (const host of ['127.0.0.1', '0.0.0.0']) {
    const said = await readinessHere({ host, port: portOf(house.url) });
    // this one was never started
    expect(said?.get('starting')).toContain('starting');
    expect(carriedFindings(AT, said)).toMatchObject([{ check: 'agent-reachable', level: 'warn' }]);
  }
});

test('nobody there, or another program: it cannot be known', async () => {
  const other = createServer((_req, res) => res.end('<html>printer</html>')).listen(0, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
  const { port } = other.address() as AddressInfo;
  expect(await readinessHere({ host: '127.0.0.1', port })).toBeNull();
  await new Promise((resolve) => other.close(resolve));
  const said = await readinessHere({ host: '127.0.0.1', port });
  expect(said).toBeNull();
  const [finding] = carriedFindings(AT, said);
  expect(finding).toMatchObject({ level: 'warn', fix: expect.stringContaining('Start the bridge') });
});

test.each([
  ['nothing against it', {}, ['agent-reachable ok', 'agent-reader ok']],
  [
    'another station is away',
    { 'agent-10978-counter-2': 'agent at counter-2: away' },
    ['agent-reachable ok', 'agent-reader ok'],
  ],
  [
    'no card reader',
    { 'agent-10978-counter-1': 'no card reader at counter-1' },
    ['agent-reachable ok', 'agent-reader warn'],
  ],
  ['no line', { 'agent-10978-counter-1': 'agent at counter-1: no line' }, ['agent-reachable fail']],
])('%s', (_, said, levels) => {
  const found = carriedFindings(AT, new Map(Object.entries(said)));
  expect(found.map((f) => `${f.check} ${f.level}`)).toEqual(levels);
  for (const { level, fix, message } of found) {
    expect(message).toContain('counter-1');
    if (level !== 'ok') expect(fix?.length).toBeGreaterThan(20);
  }
});
