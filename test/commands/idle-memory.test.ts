import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

/** Makes 60 MB of rubbish, then has nothing to do; prints the heap before and after, MB. */
const SCRIPT = `
  import { collectWhenIdle } from './src/commands/idle-memory.ts';
  import { setTimeout as sleep } from 'node:timers/promises';
  collectWhenIdle(200);
  let kept = Array.from({ length: 60 }, () => Array.from({ length: 65536 }, (_, i) => i + 0.5));
  const heap = () => process.memoryUsage().heapUsed / 2 ** 20;
  const before = heap();
  kept = null;
  await sleep(3000);
  console.log(JSON.stringify([before, heap()]));
`;

async function heaps(...flags: string[]): Promise<number[]> {
  const args = [...flags, '--input-type=module', '--eval', SCRIPT];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout);
}

test('a process with nothing to do gives back what a rush has left', async () => {
  const [before = 0, after = 0] = await heaps('--expose-gc');
  expect(before).toBeGreaterThan(30);
  expect(after).toBeLessThan(before / 2);
});

test('without the means it does nothing', async () => {
  const [before = 0, after = 0] = await heaps();
  expect(after).toBeGreaterThan(before / 2);
});
