/** What `doctor` says of the sources of tokens: it looks at the files, and asks nobody. */

import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { checkTokens } from '../../src/commands/doctor/tokens.ts';
import { parseConfig } from '../../src/config.ts';
import { CID, jwt, REFRESH, UC_TOKEN } from '../adapters/nhso/tokens/given.ts';

/** 2026-11-20 08:00 in Bangkok. */
const NOW = Date.UTC(2026, 10, 20, 1);
const DAY_S = 86_400;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'authen-bridge-doctor-tokens-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function put(name: string, text: string, daysAgo: number): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  utimesSync(path, NOW / 1000 - daysAgo * DAY_S, NOW / 1000 - daysAgo * DAY_S);
  return path;
}

/** `level message`, a line a token. */
async function told(nhso: object, now = NOW): Promise<string[]> {
  const his = { kind: 'hosxp', url: 'mysql://u:p@127.0.0.1:9/hos' };
  const stations = [{ id: 'counter-1', agentUrl: 'http://127.0.0.1:9' }];
  const { sites } = parseConfig({ sites: [{ hcode: '10978', his, stations, nhso }] }, {});
  const [site] = sites;
  if (site === undefined) throw new Error('no site');
  const found = await checkTokens(site, now);
  const text = found.map(({ level, message }) => `${level} ${message}`);
  for (const secret of [CID, UC_TOKEN, REFRESH]) expect(text.join()).not.toContain(secret);
  return text;
}

it('says nothing where no token is configured', async () => {
  expect(await told({})).toEqual([]);
});

it('all is well', async () => {
  const ucTokenFile = put('nhso_token.txt', `${CID}#${UC_TOKEN}`, 0);
  const access = jwt({ exp: NOW / 1000 - 60 });
  const srmTokenFile = put('token.txt', `access-token=${access}\nrefresh-token=${REFRESH}`, 1);
  const lines = await told({ ucTokenFile, srmTokenFile, serviceToken: 'uuid-of-nobody' });
  expect(lines).toEqual([
    expect.stringMatching(/^ok uc token of 10978 .*alive until 2026-11-21/),
    expect.stringMatching(/^ok srm token of 10978 .*the bridge renews it/),
    expect.stringMatching(/^ok service token of 10978 .*alive/),
  ]);
});

it.each([
  ["yesterday's", `${CID}#${UC_TOKEN}`, 1, /^warn .*expired/],
  ['half-written', CID, 0, /^warn .*missing.*just being written/],
  ['of another form', 'user=somebody', 0, /^warn .*expected one line/],
])('a file that is %s', async (_, text, daysAgo, words) => {
  expect(await told({ ucTokenFile: put('nhso_token.txt', text, daysAgo) })).toEqual([
    expect.stringMatching(words),
  ]);
});

it('a share that is away; and in the night nobody is to be there yet', async () => {
  const ucTokenFile = join(folder, 'share', 'nhso_token.txt');
  expect(await told({ ucTokenFile })).toEqual([expect.stringMatching(/^warn .*share/)]);
  expect(await told({ ucTokenFile }, NOW - 3 * 3_600_000)).toEqual([
    expect.stringMatching(/^ok .*needed from 07:00/),
  ]);
});

it('an account that is about to be cancelled', async () => {
  const ucTokenFile = put('nhso_token.txt', `${CID}#${UC_TOKEN}`, 160);
  expect(await told({ ucTokenFile })).toEqual([
    expect.stringMatching(/^warn .*expired/),
    expect.stringMatching(/^warn .*not been used for 160 days/),
  ]);
});
