import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { line } from '../../../simulators/nhso-web/cli.ts';
import { programEnv } from '../../support/program-env.ts';
import { ask, PID, STAFF } from './support.ts';

test('runs alone, prints its addresses and control calls, masks citizen ids, stops on a signal', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nhso-web-'));
  const file = join(folder, 'nhso_token.txt');
  const token = '7f0c7c1e-0000-4000-8000-000000000001';
  const args = [
    'src/cli.ts',
    'simulate',
    'nhso-web',
    '--port',
    '0',
    '--token',
    token,
    '--uc-token-file',
    file,
  ];
  const child = spawn(process.execPath, args, { env: programEnv(), stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString('utf8');
  });
  try {
    await expect.poll(() => out, { timeout: 60_000 }).toContain('Stop it with Ctrl+C');
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(out)?.[0] ?? '';
    expect(out).toContain('POST /__control/log-in');
    expect(readFileSync(file, 'utf8')).toMatch(new RegExp(`^${STAFF}#[a-z0-9]{16}$`));
    const query = `personalId=${PID}&serviceDate=2026-11-19`;
    const headers = { authorization: `Bearer ${token}` };
    const got = await ask(`${url}/authencodestatus/api/check-authen-status?${query}`, { headers });
    expect(got.status).toBe(200);
    const printed = 'check-authen-status 9-xxxx-xxxxx-01-2 of 2026-11-19 for 10978 200 answered';
    await expect.poll(() => out, { timeout: 10_000 }).toContain(printed);
    expect(out).not.toContain(PID);
    expect(out).not.toContain(STAFF);
  } finally {
    child.kill('SIGTERM');
    rmSync(folder, { recursive: true });
  }
  expect(await once(child, 'exit')).toEqual([0, null]);
}, 90_000);

test('a line of the journal', () => {
  const entry = {
    ...{ seq: 1, at: '2026-11-20T01:00:00.000Z', call: 'searchCurrentByPID' as const, pid: PID },
    ...{ caller: STAFF, serviceDate: null, outcome: 'lost' as const, status: null, ms: 1.2 },
  };
  expect(line(entry)).toBe(
    '2026-11-20T01:00:00.000Z searchCurrentByPID 9-xxxx-xxxxx-01-2 for 9-xxxx-xxxxx-02-1 no answer lost 1.2 ms',
  );
});
