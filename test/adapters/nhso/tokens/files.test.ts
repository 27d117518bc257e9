/** Token files on a real disk: written half, replaced, away with their share, hanging. */

import { execFileSync } from 'node:child_process';
import { mkdtemp, open, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTokenSources } from '../../../../adapters/nhso/tokens/open.ts';
import { BridgeError } from '../../../../src/domain/bridge-error.ts';
import type { TokenSource } from '../../../../src/service/ports/tokens.ts';
import { CID, jwt, REFRESH, UC_TOKEN } from './given.ts';

const NOW = Date.UTC(2026, 10, 20, 1);
const SECONDS = 1_000;

let folder: string;
let share: string;
let stops: (() => void)[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'authen-bridge-tokens-'));
  share = join(folder, 'share');
  execFileSync('mkdir', [share]);
  stops = [];
});
afterEach(async () => {
  for (const stop of stops) stop();
  await rm(folder, { recursive: true, force: true });
});

function ucFile(): { path: string; source: TokenSource } {
  const path = join(share, 'nhso_token.txt');
  const [source] = openTokenSources({ ucTokenFile: path, srmRefreshUrl: 'http://127.0.0.1:1' }, () => NOW);
  if (source === undefined) throw new Error('no source');
  return { path, source };
}

async function faultOf(source: TokenSource): Promise<BridgeError> {
  const found = await source.read().catch((error: unknown) => error);
  if (!(found instanceof BridgeError)) throw new Error('expected it to be unreadable');
  expect(found.code).toBe('token-unreadable');
  return found;
}

/** What a watcher of the source finds at each of its calls. */
function watched(source: TokenSource): (string | null)[] {
  const found: (string | null)[] = [];
  stops.push(
    source.watch(() => {
      source.read().then(
        (token) => found.push(token?.value ?? null),
        (error: BridgeError) => found.push(error.retry),
      );
    }),
  );
  return found;
}

describe('a file', () => {
  it('is a token, made when the file was written', async () => {
    const { path, source } = ucFile();
    await writeFile(path, `\uFEFF${CID}#${UC_TOKEN}\r\n\r\n`);
    await utimes(path, NOW / 1000, NOW / 1000);
    const expected = { value: UC_TOKEN, account: CID, refresh: null, obtainedAt: NOW, expiresAt: null };
    expect(await source.read()).toEqual(expected);
    expect(source).toMatchObject({ kind: 'uc', name: `file ${path}` });
    expect(source.renew).toBeUndefined();
  });

  it('of SRM: what the JWT says goes before the time of the file', async () => {
    const path = join(share, 'token.txt');
    const [source] = openTokenSources({ srmTokenFile: path, srmRefreshUrl: 'http://127.0.0.1:1' }, () => NOW);
    const issued = jwt({ iat: NOW / 1000 - 60, exp: NOW / 1000 + 3600 });
    await writeFile(path, `access-token=${issued}\r\nrefresh-token=${REFRESH}\r\n`);
    expect(await source?.read()).toEqual({
      ...{ value: issued, refresh: REFRESH, account: null },
      ...{ obtainedAt: NOW - 60_000, expiresAt: NOW + 3_600_000 },
    });
    const silent = 'an-opaque-token-0123456789';
    await writeFile(path, `access-token=${silent}\r\nrefresh-token=${REFRESH}\r\n`);
    await utimes(path, NOW / 1000, NOW / 1000);
    expect(await source?.read()).toMatchObject({ value: silent, obtainedAt: NOW, expiresAt: null });
  });

  it('that is not there is nothing; a folder that is not there is a share that is away, and may pass', async () => {
    const { source } = ucFile();
    expect(await source.read()).toBeNull();
    await rename(share, `${share}-away`);
    const fault = await faultOf(source);
    expect(fault).toMatchObject({ retry: 'yes', detail: { reason: 'ENOENT' } });
    expect(fault.message).toContain('share');
    await rename(`${share}-away`, share);
    expect(await source.read()).toBeNull();
  });

  it('that is a folder, or far too long, is no token file', async () => {
    const { path } = ucFile();
    const [asFolder] = openTokenSources({ ucTokenFile: share, srmRefreshUrl: '' }, () => NOW);
    if (asFolder === undefined) throw new Error('no source');
    expect((await faultOf(asFolder)).retry).toBe('no');
    const { source } = ucFile();
    await writeFile(path, '1'.repeat(100_000));
    expect((await faultOf(source)).retry).toBe('no');
  });

  it('that hangs is given up in time, is asked nothing more, holds up no other, and is read again when it answers', async () => {
    const { path, source } = ucFile();
    execFileSync('mkfifo', [path]); // opening it waits for somebody who writes
    const other = join(folder, 'token.txt');
    await writeFile(other, `access-token=${jwt({})}\r\nrefresh-token=${REFRESH}\r\n`);
    const [srm] = openTokenSources({ srmTokenFile: other, srmRefreshUrl: '' }, () => NOW);
    const first = faultOf(source);
    expect(await srm?.read()).toMatchObject({ refresh: REFRESH });
    expect(await first).toMatchObject({ retry: 'yes', detail: { reason: 'HANGS' } });
    const begun = performance.now();
    expect(await faultOf(source)).toMatchObject({ retry: 'yes', detail: { reason: 'HANGS' } });
    expect(performance.now() - begun).toBeLessThan(1 * SECONDS);
    const writer = await open(path, 'w');
    await writer.close();
    await rm(path);
    await writeFile(path, `${CID}#${UC_TOKEN}`);
    await expect
      .poll(() => source.read().catch(() => null), { timeout: 20 * SECONDS })
      .toMatchObject({ value: UC_TOKEN });
  }, 60_000);
});

describe('watching', () => {
  it('tells at once what lies there, then each change: written, half-written, of the same length and time, away, back', async () => {
    const { path, source } = ucFile();
    const found = watched(source);
    const soon = { timeout: 20 * SECONDS, interval: 50 };
    await expect.poll(() => found.at(-1), soon).toBe(null);
    await writeFile(path, CID);
    await expect.poll(() => found.at(-1), soon).toBe('yes');
    await writeFile(path, `${CID}#${UC_TOKEN}`);
    await utimes(path, NOW / 1000, NOW / 1000);
    await expect.poll(() => found.at(-1), soon).toBe(UC_TOKEN);
    // the clock of an old share stands still for two seconds, and a token is as long as the one before it
    const second = `${UC_TOKEN.slice(0, 15)}z`;
    await writeFile(path, `${CID}#${second}`);
    await utimes(path, NOW / 1000, NOW / 1000);
    await expect.poll(() => found.at(-1), soon).toBe(second);
    await rename(share, `${share}-away`);
    await expect.poll(() => found.at(-1), soon).toBe('yes');
    await writeFile(join(`${share}-away`, 'nhso_token.txt'), `${CID}#${UC_TOKEN}`);
    await rename(`${share}-away`, share);
    await expect.poll(() => found.at(-1), soon).toBe(UC_TOKEN);
  }, 120_000);

  it('tells nothing while nothing changes, nor after it has ended', async () => {
    const { path, source } = ucFile();
    await writeFile(path, `${CID}#${UC_TOKEN}`);
    const found = watched(source);
    await expect.poll(() => found.length, { timeout: 20 * SECONDS }).toBe(3); // the first look and its echoes
    await new Promise((resolve) => setTimeout(resolve, 5 * SECONDS));
    expect(found).toHaveLength(3);
    stops.pop()?.();
    await writeFile(path, `${CID}#${UC_TOKEN.slice(0, 15)}z`);
    await new Promise((resolve) => setTimeout(resolve, 3 * SECONDS));
    expect(found).toHaveLength(3);
  }, 60_000);
});

it('the service token of the configuration is there at once and for good', async () => {
  const [source, ...more] = openTokenSources(
    { serviceToken: 'uuid-of-nobody', srmRefreshUrl: '' },
    () => NOW,
  );
  expect(more).toEqual([]);
  expect(await source?.read()).toEqual({
    ...{ value: 'uuid-of-nobody', account: null, refresh: null },
    ...{ obtainedAt: NOW, expiresAt: null },
  });
  expect(source?.renew).toBeUndefined();
});
