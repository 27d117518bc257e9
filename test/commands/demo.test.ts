/** The demo in a terminal and without one, ended in each way that people end things. Its whole day: `test/e2e`. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { keepChildOutput } from '../support/output.ts';
import { programEnv } from '../support/program-env.ts';
import { findProgram } from '../support/services/processes.ts';
import { Cli, runCli } from './cli.ts';

/** Two in-process databases start; on a busy machine that takes its time, ms. */
const SLOW = { timeout: 120_000 };

const folderOf = (out: string): string => /^ +Data +(\/\S+)/m.exec(out)?.[1] ?? 'no folder was told';

/** Processes that still run with this text in their arguments. Linux tells; elsewhere none is seen. */
function processesWith(text: string): string[] {
  if (!existsSync('/proc/self/cmdline')) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text);
      } catch {
        return false; // it ended while we looked
      }
    });
}

async function eventuallyGone(text: string): Promise<void> {
  for (let waited = 0; processesWith(text).length > 0; waited += 50) {
    if (waited > 10_000) throw new Error('the reader still runs');
    await sleep(50);
  }
}

describe('the demo', () => {
  test('Ctrl-C ends it with the table, exit code 0, and leaves nothing behind', SLOW, async () => {
    const cli = new Cli(['demo', '--visits', '40']);
    await cli.says(/^\[\d+\/40\]/m);
    const folder = folderOf(cli.out);
    expect(existsSync(folder)).toBe(true);
    if (process.platform === 'linux') expect(processesWith(folder)).toHaveLength(1);
    cli.child.kill('SIGINT');
    expect(await cli.ended()).toBe(0);
    expect(cli.err).toBe('');
    expect(cli.out).toMatch(/^All visits \(\d+ registered\)$/m);
    expect(existsSync(folder)).toBe(false);
    expect(processesWith(folder)).toEqual([]);
  });

  test('shows at the counter the people whom the HIS knows', SLOW, async () => {
    const cli = new Cli(['demo', '--visits', '6']);
    await cli.says(/^\[\d\/6\] \S+ +\d+ +written/m);
    const [, api = ''] = /^ +API +(\S+)/m.exec(cli.out) ?? [];
    const [, key = ''] = /^ +Key +(\S+)/m.exec(cli.out) ?? [];
    const ask = async (path: string) =>
      (await fetch(`${api}${path}`, { headers: { authorization: `Bearer ${key}` } })).json();
    const { items } = (await ask('?state=written')) as { items: { hcode: string; vn: string }[] };
    expect(items).not.toEqual([]);
    for (const { hcode, vn } of items) {
      const { patient, cardRead } = (await ask(`/${hcode}/${vn}`)) as Record<string, Record<string, unknown>>;
      const { fname, lname, birthDate, sex } = patient ?? {};
      if (cardRead != null) expect(cardRead.person).toMatchObject({ fname, lname, birthDate, sex });
    }
    cli.child.kill('SIGINT');
    expect(await cli.ended()).toBe(0);
  });

  test('told to stop while it opens, it closes what is open', SLOW, async () => {
    const cli = new Cli(['demo', '--exit-when-done']);
    await cli.says('HOSxP database');
    cli.child.kill('SIGTERM');
    expect(await cli.ended()).toBe(143);
    expect(`${cli.err}${cli.out}`).not.toContain('All visits');
  });

  test('killed hard, it takes its reader with it', SLOW, async () => {
    const cli = new Cli(['demo', '--visits', '40']);
    await cli.says(/^\[\d+\/40\]/m);
    const folder = folderOf(cli.out);
    cli.child.kill('SIGKILL');
    await cli.ended();
    await eventuallyGone(folder);
    rmSync(folder, { recursive: true });
  });

  test('a reader that breaks ends it with the reason', SLOW, async () => {
    const cli = new Cli(['demo', '--visits', '40', '--exit-when-done']);
    await cli.says(/^\[\d+\/40\]/m);
    const folder = folderOf(cli.out);
    for (const pid of processesWith(folder)) process.kill(Number(pid), 'SIGKILL');
    if (process.platform !== 'linux') cli.child.kill('SIGINT');
    expect(await cli.ended()).not.toBe(0);
    if (process.platform === 'linux') expect(cli.err).toContain('the reader worker has ended: exit SIGKILL');
    expect(existsSync(folder)).toBe(false);
  });

  test('a port that is taken is told before anything is started', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const { code, out, err } = await runCli(['demo', '--port', String(port)]);
    server.close();
    expect(code).toBe(1);
    expect(out).toBe('');
    expect(err).toMatch(
      new RegExp(`^authen-bridge: port ${port} cannot be had: another program uses it; .*--port`),
    );
  });

  test.each([
    ['--visits', '0'],
    ['--port', '70000'],
    ['--seed', 'x'],
  ])('%s %s is refused with what was expected', async (option, value) => {
    const { code, err } = await runCli(['demo', option, value]);
    expect(code).toBe(1);
    expect(err).toMatch(/expected a whole number, \d+ to \d+/);
  });
});

const COLUMNS = 58;
const ROWS = 12;

/** `script` gives the demo a terminal; what it draws there is read as a terminal would. */
const script = findProgram('script');
describe.skipIf(script === null)('the demo in a small terminal', () => {
  test('draws its table in place: no line wraps, none leaves at the top', SLOW, async () => {
    const command = `stty cols ${COLUMNS} rows ${ROWS}; "${process.execPath}" --liftoff-only src/cli.ts demo --visits 16 --exit-when-done`;
    const child: ChildProcess = spawn(script ?? '', ['-qefc', command, '/dev/null'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...programEnv(), TERM: 'xterm-256color' },
    });
    keepChildOutput('demo-terminal', child);
    let out = '';
    child.stdout?.on('data', (chunk) => {
      // a sign that can be seen in the place of the escape
      out += String(chunk).replaceAll('\u001b', '␛');
    });
    const [code] = await once(child, 'close');

    const day = out.slice(out.indexOf('Ctrl+C'), out.indexOf('All visits')).split('\r\n').slice(2);
    const frames = day.join('\n').split(/\r␛\[\d+A␛\[0J/);
    expect(frames.length).toBeGreaterThan(5);
    for (const frame of frames.slice(0, -1)) {
      const lines = frame
        .replace(/␛\[\d+m/g, '')
        .split('\n')
        .slice(0, -1);
      expect(lines.length).toBeLessThan(ROWS);
      for (const line of lines) expect(line.length).toBeLessThan(COLUMNS);
      expect(lines[0]).toMatch(/^\[[#.]{30}\] \d+\/16 registered/);
    }
    // each frame goes up by as many lines as the one before it has drawn
    const ups = [...day.join('\n').matchAll(/\r␛\[(\d+)A/g)].map(([, n]) => Number(n));
    expect(ups).toEqual(frames.slice(0, -1).map((frame) => frame.split('\n').length - 1));
    expect(out).toContain('␛[32mwritten');
    expect(out).toContain('Every visit is accounted for.');
    expect(code).toBe(0);
  });
});
