/** SRM: right search and the renewal of its tokens, and the files that NHSO's programs write. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type NhsoWebSimulator, startNhsoWeb } from '../../../simulators/nhso-web/start.ts';
import { ask, PID, refresh, rightSearch, STAFF, soapClient } from './support.ts';

let web: NhsoWebSimulator;
let folder: string;
beforeAll(async () => {
  web = await startNhsoWeb();
  folder = mkdtempSync(join(tmpdir(), 'nhso-web-'));
});
afterAll(async () => {
  await web.close();
  rmSync(folder, { recursive: true });
});
afterEach(() => web.control.reset());

describe('right search', () => {
  test('a right', async () => {
    web.control.addPeople([{ pid: PID, right: 'OFC', birthDate: '1974-06-05' }]);
    const { status, json } = await rightSearch(web, web.control.srmLogIn(STAFF).accessToken);
    expect(status).toBe(200);
    expect(json).toMatchObject({
      ...{ pid: PID, fname: expect.any(String), birthDate: '25170605' },
      funds: [
        {
          mainInscl: { id: 'OFC', name: 'สิทธิข้าราชการ' },
          subInscl: { id: 'O1' },
          ...{ hospMain: { hcode: '10978' }, startDateTime: '2017-05-01T00:00:00', paidModel: '2' },
        },
      ],
    });
    expect(web.control.requests()).toMatchObject([{ call: 'right-search', pid: PID, caller: STAFF }]);
  });

  test('no right: no funds; unknown: no name either', async () => {
    const { accessToken } = web.control.srmLogIn(STAFF);
    web.control.addPeople([{ pid: PID, right: 'none' }]);
    expect((await rightSearch(web, accessToken)).json).toMatchObject({
      funds: [],
      fname: expect.any(String),
    });
    web.control.addPeople([{ pid: PID, known: false }]);
    const unknown = (await rightSearch(web, accessToken)).json;
    expect(unknown).toMatchObject({ funds: [] });
    expect(unknown).not.toHaveProperty('fname');
  });

  test('401: no token, a forged one, one that was replaced, one that has expired', async () => {
    expect((await ask(`${web.urls.rightSearch}?pid=${PID}`)).status).toBe(401);
    const first = web.control.srmLogIn(STAFF);
    const other = web.control.srmLogIn(PID);
    const [head, claims] = first.accessToken.split('.');
    expect((await rightSearch(web, `${head}.${claims}.AAAA`)).status).toBe(401);
    web.control.srmManners({ lifeMs: 60_000 });
    const second = web.control.srmLogIn(STAFF);
    expect((await rightSearch(web, first.accessToken)).status).toBe(401);
    expect((await rightSearch(web, second.accessToken)).status).toBe(200);
    web.control.clockOffset(61_000);
    expect((await rightSearch(web, second.accessToken)).status).toBe(401);
    // nobody else's dies with it
    expect((await rightSearch(web, other.accessToken)).status).toBe(200);
  });

  test('a wrong pid: 400', async () => {
    expect((await rightSearch(web, web.control.srmLogIn(STAFF).accessToken, '12')).status).toBe(400);
  });
});

describe('renewal', () => {
  test('gives a JWT that lives until midnight in Bangkok and a new refresh token; the old ones are dead', async () => {
    const first = web.control.srmLogIn(STAFF);
    const { status, json } = await refresh(web, first.refreshToken);
    expect(status).toBe(200);
    const { access_token: access, refresh_token: next } = json as Record<string, string>;
    expect(decodeProtectedHeader(access ?? '')).toEqual({ alg: 'HS512', typ: 'JWT' });
    const { exp = 0, iat = 0, sub } = decodeJwt(access ?? '');
    expect(new Date(exp * 1000).toISOString()).toMatch(/T17:00:00.000Z$/);
    expect(Math.abs(iat * 1000 - Date.now())).toBeLessThan(60_000);
    expect(sub).not.toContain(STAFF);
    expect((await rightSearch(web, access ?? '')).status).toBe(200);
    expect((await rightSearch(web, first.accessToken)).status).toBe(401);
    expect((await refresh(web, first.refreshToken)).status).toBe(401);
    expect((await refresh(web, next ?? '')).status).toBe(200);
    expect(web.control.logIns().map((l) => l.way)).toEqual(['person', 'refresh', 'refresh']);
    expect(web.control.counts()['access-token']).toEqual({ asked: 3, answered: 2, refused: 1, failed: 0 });
  });

  test('without rotation the refresh token stays', async () => {
    web.control.srmManners({ rotates: false });
    const { refreshToken } = web.control.srmLogIn(STAFF);
    for (const _ of [1, 2]) {
      expect((await refresh(web, refreshToken)).json.refresh_token).toBe(refreshToken);
    }
  });

  test('many at once with one refresh token: one of them gets tokens, and they are good', async () => {
    const { refreshToken } = web.control.srmLogIn(STAFF);
    const got = await Promise.all(Array.from({ length: 8 }, () => refresh(web, refreshToken)));
    const good = got.filter((g) => g.status === 200);
    expect(good).toHaveLength(1);
    expect((await rightSearch(web, String(good[0]?.json.access_token))).status).toBe(200);
  });

  test('an answer that is lost has used up the refresh token', async () => {
    const { refreshToken } = web.control.srmLogIn(STAFF);
    web.control.loseAnswers();
    await expect(refresh(web, refreshToken)).rejects.toThrow('fetch failed');
    expect((await refresh(web, refreshToken)).status).toBe(401);
    expect(web.control.logIns({ way: 'refresh' })).toHaveLength(1);
  });

  test('none given: 400; unknown, an access token, of somebody who has logged in anew: 401', async () => {
    expect((await refresh(web, '')).status).toBe(400);
    expect((await refresh(web, 'x')).status).toBe(401);
    const first = web.control.srmLogIn(STAFF);
    expect((await refresh(web, first.accessToken)).status).toBe(401);
    web.control.srmLogIn(STAFF);
    expect((await refresh(web, first.refreshToken)).status).toBe(401);
    expect(web.control.logIns({ way: 'refresh' })).toEqual([]);
  });
});

test('midnight: the access token is dead, the refresh token is not', async () => {
  const { accessToken, refreshToken } = web.control.srmLogIn(STAFF);
  web.control.midnight();
  expect((await rightSearch(web, accessToken)).status).toBe(401);
  const { json } = await refresh(web, refreshToken);
  expect((await rightSearch(web, String(json.access_token))).status).toBe(200);
});

test('cleared without a midnight: dead as well, the clock stays', async () => {
  const { accessToken } = web.control.srmLogIn(STAFF);
  const search = await soapClient(web);
  const uc = web.control.ucLogIn(STAFF);
  web.control.clearTokens();
  expect(web.control.centre.clockOffsetMs).toBe(0);
  expect((await rightSearch(web, accessToken)).status).toBe(401);
  expect((await search(uc)).ws_status).toBe('NHSO-00003');
});

describe('a member of staff logs in', () => {
  const paths = () => ({
    ucTokenFile: join(folder, 'nhso_token.txt'),
    srmTokenFile: join(folder, 'token.txt'),
  });

  test('the files as NHSO’s programs write them, and the tokens in them are good', async () => {
    await web.control.staffLogsIn({ account: STAFF, ...paths() });
    const [account, token = ''] = readFileSync(paths().ucTokenFile, 'utf8').split('#');
    expect(account).toBe(STAFF);
    expect((await (await soapClient(web))(token)).ws_status).toBe('NHSO-000001');
    const lines = readFileSync(paths().srmTokenFile, 'utf8').split('\n');
    expect(lines.map((l) => l.split('=')[0])).toEqual(['access-token', 'refresh-token', '']);
    const access = lines[0]?.slice('access-token='.length) ?? '';
    expect((await rightSearch(web, access)).status).toBe(200);
  });

  test('with BOM and CRLF', async () => {
    await web.control.staffLogsIn({ account: STAFF, ...paths(), bom: true, crlf: true });
    expect(readFileSync(paths().ucTokenFile, 'utf8')).toMatch(/^\uFEFF\d{13}#[a-z0-9]{16}\r\n$/);
    expect(readFileSync(paths().srmTokenFile, 'utf8')).toMatch(
      /^\uFEFFaccess-token=\S+\r\nrefresh-token=\S+\r\n$/,
    );
  });

  test('half-written for a while, and left half', async () => {
    const ucTokenFile = join(folder, 'half.txt');
    const read = () => {
      try {
        return readFileSync(ucTokenFile, 'utf8');
      } catch {
        return 'no file';
      }
    };
    const whole = /^\d{13}#[a-z0-9]{16}$/;
    const login = web.control.staffLogsIn({ account: STAFF, ucTokenFile, halfForMs: 3_000 });
    await expect.poll(read, { timeout: 2_500, interval: 20 }).toMatch(/^\d{13}#[a-z0-9]?$/);
    await login;
    expect(read()).toMatch(whole);
    await web.control.staffLogsIn({ account: STAFF, ucTokenFile, halfForMs: Number.POSITIVE_INFINITY });
    expect(read()).not.toMatch(whole);
    expect(read()).toContain(STAFF);
  });
});
