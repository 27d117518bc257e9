import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openLedger } from '../../db/open-ledger.ts';
import { keyCommand } from '../../src/commands/key.ts';
import { parseKey } from '../../src/http/api-key.ts';

let folder: string;
let store: string;
let config: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'authen-bridge-key-'));
  store = `sqlite:${join(folder, 'bridge.db')}`;
  config = join(folder, 'config.json');
  writeFileSync(
    config,
    JSON.stringify({
      store,
      sites: [
        {
          hcode: '10978',
          his: { kind: 'hosxp', url: 'mysql://x@127.0.0.1/hos' },
          stations: [{ id: 'counter-1', agentUrl: 'http://127.0.0.1:8189' }],
        },
      ],
    }),
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the person sees. */
async function run(...words: string[]): Promise<string[]> {
  const lines: string[] = [];
  const command = keyCommand((line) => lines.push(line));
  for (const one of [command, ...command.commands]) {
    one.exitOverride().configureOutput({ writeErr: (text) => void lines.push(text) });
  }
  await command.parseAsync(words, { from: 'user' });
  return lines;
}

async function keys() {
  const ledger = await openLedger(store);
  try {
    return await ledger.listKeys();
  } finally {
    await ledger.close();
  }
}

describe('npm run key', () => {
  test('create shows the key once, with what it may do', async () => {
    const words = [
      '--name',
      'counter 1',
      '--scope',
      'card-reads:write',
      '--site',
      '10978',
      '--station',
      'counter-1',
    ];
    const lines = await run('create', ...words, '--config', config);
    const presented = parseKey(lines[0] ?? '');
    expect(presented).not.toBeNull();
    expect(lines.join('\n')).toContain('station counter-1 of site 10978');
    expect(lines.join('\n')).toContain('send card reads');
    const [stored] = await keys();
    expect(stored).toMatchObject({
      id: presented?.id,
      name: 'counter 1',
      scopes: ['card-reads:write'],
      hcode: '10978',
      stationId: 'counter-1',
      revokedAt: null,
    });
    const listed = (await run('list', '--store', store)).join('\n');
    expect(listed).toContain('counter 1');
    expect(listed).not.toContain(presented?.secret);
  });

  test('revoke makes it useless', async () => {
    const [text] = await run('create', '--name', 'x', '--scope', 'cases:read,cases:write', '--store', store);
    const id = parseKey(text ?? '')?.id ?? '';
    await run('revoke', id, '--store', store);
    expect((await keys()).find((key) => key.id === id)?.revokedAt).toBeGreaterThan(0);
    expect((await run('list', '--store', store)).find((line) => line.startsWith(id))).toContain('revoked');
    await expect(run('revoke', 'nobody', '--store', store)).rejects.toMatchObject({ code: 'not-found' });
  });

  test.each([
    [['--scope', 'cases:read,everything'], /card-reads:write, agent-line:carry, agent-api:use, cases:read/],
    [['--scope', 'agent-api:use', '--site', '10978'], /--station: expected one for agent-api:use/],
    [['--scope', 'card-reads:write', '--station', 'counter-1'], /--site/],
    [
      ['--scope', 'cases:read', '--site', '10978', '--station', 'counter-1'],
      /nothing but card-reads:write, agent-line:carry, agent-api:use/,
    ],
    [['--scope', 'card-reads:write,agent-line:carry', '--site', '10978'], /--station: expected one/],
    [['--scope', 'metrics:read', '--site', '10978'], /no metrics:read/],
    [['--scope', 'cases:read', '--site', '99999'], /--site: expected one of 10978/],
    [
      ['--scope', 'card-reads:write', '--site', '10978', '--station', 'attic'],
      /--station: expected one of counter-1/,
    ],
  ])('create %j says what it expected', async (words, expected) => {
    const before = (await keys()).length;
    await expect(run('create', '--name', 'x', ...words, '--config', config)).rejects.toThrow(expected);
    expect(await keys()).toHaveLength(before);
  });

  test('a citizen id is no name for a key', async () => {
    const words = ['--name', '9900000000012', '--scope', 'cases:read'];
    await expect(run('create', ...words, '--store', store)).rejects.toThrow(/without a citizen id/);
  });
});
