/** The launcher of the packages: settings become options, and what is missing is named. */

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { plan } from '../../packaging/counter/options.ts';

const FILLED = {
  AUTHEN_BRIDGE_KEY: 'ab_secret',
  AUTHEN_BRIDGE_STATION: 'counter-1',
  AUTHEN_BRIDGE_URL: 'https://bridge.hospital.local',
};
const OWN = ['--station', 'counter-1', '--bridge', 'https://bridge.hospital.local'];

describe('options', () => {
  test.each([
    { words: [], more: {}, args: ['reader', '--spool', '/s', ...OWN] },
    {
      words: [],
      more: { AUTHEN_BRIDGE_AGENT_URL: ' http://10.0.0.21:8189 ', AUTHEN_BRIDGE_HCODE: '10978' },
      args: ['reader', '--spool', '/s', ...OWN, '--agent', 'http://10.0.0.21:8189', '--hcode', '10978'],
    },
    {
      words: ['--log', 'debug'],
      more: { AUTHEN_BRIDGE_READER_OPTIONS: '  --poll-ms 500   --log info ' },
      args: ['reader', '--spool', '/s', ...OWN, '--poll-ms', '500', '--log', 'info', '--log', 'debug'],
    },
    {
      words: [],
      more: { AUTHEN_BRIDGE_URL: 'https://a.local https://b.local' },
      args: [
        ...['reader', '--spool', '/s', '--station', 'counter-1'],
        ...['--bridge', 'https://a.local', '--bridge', 'https://b.local'],
      ],
    },
    { words: ['--help'], more: {}, args: ['reader', '--help'] },
    { words: ['help'], more: {}, args: ['reader', '--help'] },
    { words: ['status', '--json'], more: {}, args: ['reader', 'status', '--spool', '/s', '--json'] },
    {
      words: ['status'],
      more: { AUTHEN_BRIDGE_READER_OPTIONS: '--log info --spool /var/t --spool=/u --poll-ms 500' },
      args: ['reader', 'status', '--spool', '/s', '--spool', '/var/t', '--spool=/u'],
    },
  ])('$words with $more', ({ words, more, args }) => {
    expect(plan(words, { ...FILLED, ...more }, '/s')).toEqual({ args });
  });

  test.each(['--help', 'status'])('%s needs no settings', (word) => {
    expect(plan([word], {}, '/s')).toHaveProperty('args');
  });

  test('names each setting that has no value', () => {
    const names = Object.keys(FILLED);
    fc.assert(
      fc.property(fc.subarray(names), fc.constantFrom(undefined, '', '  \t'), (without, nothing) => {
        const settings = { ...FILLED, ...Object.fromEntries(without.map((name) => [name, nothing])) };
        const planned = plan([], settings, '/s');
        const named = without.map((name) => expect.stringMatching(`^${name}: `));
        if (without.length === 0) expect(planned).toHaveProperty('args');
        else expect(planned).toEqual({ missing: named });
      }),
    );
  });

  test('never puts the key among the options, where everybody could see it', () => {
    const word = fc.stringMatching(/^[\w./:-]{1,12}$/);
    fc.assert(
      fc.property(fc.array(word), fc.array(word), (words, more) => {
        const settings = { ...FILLED, AUTHEN_BRIDGE_READER_OPTIONS: more.join(' ') };
        expect(JSON.stringify(plan(words, settings, '/s'))).not.toContain(FILLED.AUTHEN_BRIDGE_KEY);
      }),
    );
  });
});

describe('the program', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'authen-bridge-counter-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const start = (
    settings: string,
    ...words: string[]
  ): Promise<{ code: number; err: string; out: string }> => {
    const env = {
      PATH: process.env.PATH ?? '',
      AUTHEN_BRIDGE_READER_SETTINGS: settings,
      STATE_DIRECTORY: folder,
      NODE_COMPILE_CACHE: join(folder, 'cache'),
    };
    return new Promise((resolve) => {
      execFile(process.execPath, ['packaging/counter/start.ts', ...words], { env }, (error, out, err) =>
        resolve({ code: Number(error?.code ?? 0), out, err }),
      );
    });
  };

  test('ends with 78 without settings, and says where they belong', { timeout: 120_000 }, async () => {
    const file = join(folder, 'none.env');
    const { code, err } = await start(file);
    expect(code).toBe(78);
    for (const name of Object.keys(FILLED)) expect(err).toContain(`${name}: `);
    expect(err).toContain(file);
  });

  test('takes its settings from a file as Windows writes it, and gives them to the reader', {
    timeout: 120_000,
  }, async () => {
    const file = join(folder, 'reader.env');
    const lines = [
      '# a note',
      'AUTHEN_BRIDGE_KEY=ab_x',
      'AUTHEN_BRIDGE_STATION=counter 1',
      'AUTHEN_BRIDGE_URL=http://b',
    ];
    writeFileSync(file, `${lines.join('\r\n')}\r\n`);
    const { code, err } = await start(file);
    // the reader's own word on a station's name with a blank in it
    expect([code, err]).toEqual([1, expect.stringContaining('expected letters, digits')]);
  });
});
