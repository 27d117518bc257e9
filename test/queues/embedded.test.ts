import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);
const LONELY = fileURLToPath(new URL('./lonely-queue.ts', import.meta.url));

describe('the embedded queue', () => {
  it('does its work without a single connection, lets the process do other things, and it can end', async () => {
    const { stdout } = await run(process.execPath, ['--no-warnings', LONELY]);
    const told = JSON.parse(stdout);
    expect(told.dialled).toEqual([]);
    expect(told.done).toBe(50);
    expect(told.turns).toBeGreaterThanOrEqual(3);
    expect(told.ticks).toBeGreaterThanOrEqual(1);
    expect(told.findings.map((f: { level: string }) => f.level)).toEqual(['ok', 'ok']);
    // about 2 s and 290 MB on a machine at rest; far more means that it has changed its nature
    expect(told.megabytes).toBeLessThan(900);
  }, 120_000);
});
