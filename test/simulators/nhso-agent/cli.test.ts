import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { line } from '../../../simulators/nhso-agent/cli.ts';
import { programEnv } from '../../support/program-env.ts';
import { get, PID } from './wire.ts';

test('runs alone, prints its address and the control calls, masks citizen ids, stops on a signal', async () => {
  const args = ['src/cli.ts', 'simulate', 'nhso-agent', '--port', '0', '--card', PID, '--limit', 'none'];
  const child = spawn(process.execPath, args, { env: programEnv(), stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString('utf8');
  });
  try {
    await expect.poll(() => out, { timeout: 20_000 }).toContain('Stop it with Ctrl+C');
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(out)?.[0] ?? '';
    expect(out).toContain('POST /__control/lose-answer');
    expect((await get(url, '/__control/state')).json).toMatchObject({ card: PID, limitPerDay: null });
    expect((await get(url, '/api/smartcard/read')).json).toMatchObject({ pid: PID });
    await expect.poll(() => out, { timeout: 5_000 }).toContain('read 1-xxxx-xxxxx-01-4 200 answered');
    expect(out).not.toContain(PID);
  } finally {
    child.kill('SIGTERM');
  }
  expect(await once(child, 'exit')).toEqual([0, null]);
});

test('a line of the journal', () => {
  const entry = {
    ...{
      seq: 1,
      at: '2026-11-20T01:00:00.000Z',
      agent: '10978@8189',
      call: 'confirm-save' as const,
      pid: PID,
    },
    ...{ claimType: 'PG0060001', correlationId: 'x', outcome: 'lost' as const, status: null },
    ...{ claimCode: 'PP0123456789', ms: 1.2 },
  };
  expect(line(entry)).toBe(
    '2026-11-20T01:00:00.000Z confirm-save 1-xxxx-xxxxx-01-4 no answer lost PP0123456789 1.2 ms',
  );
});
