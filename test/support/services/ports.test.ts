/** Two processes that work side by side never find the same port free. */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { PORT_SLICE } from './processes.ts';

const SCRIPT = `
  const { freePort } = await import(process.argv[1]);
  const ports = [];
  for (let i = 0; i < 200; i++) ports.push(await freePort());
  console.log(JSON.stringify(ports));
`;

/** What a process of that slice is given, one after the other, while nobody listens on any. */
async function portsOf(slice: number): Promise<number[]> {
  const args = ['--input-type=module', '-e', SCRIPT, new URL('processes.ts', import.meta.url).href];
  const env = { ...process.env, [PORT_SLICE]: String(slice) };
  const { stdout } = await promisify(execFile)(process.execPath, args, { env });
  return JSON.parse(stdout);
}

test('ports differ from call to call and from process to process', async () => {
  const given = (await Promise.all([32, 33].map(portsOf))).flat();
  expect(new Set(given).size).toBe(400);
  expect(Math.max(...given)).toBeLessThan(32_768);
});
