// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of the configuration itself

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadConfig, parseConfig } from '../src/config.ts';
import { faults, HIS, SITE, STATION } from './config-support.ts';

/** The smallest configuration, with what is given in the place of what stands there. */
const site = (change: object): unknown => ({ sites: [{ ...SITE, ...change }] });
const his = (change: object): unknown => site({ his: { ...HIS, ...change } });
const nhso = (nhsoKeys: object): unknown => site({ nhso: nhsoKeys });

describe('a wrong value is named with its path and what was expected', () => {
  test.each<[string, unknown, string]>([
    ['nothing', null, '(top): expected an object ({…})'],
    ['a list', [], '(top): expected an object ({…})'],
    ['no sites', {}, 'sites: missing; expected a list ([…])'],
    ['no site', { sites: [] }, 'sites: expected at least one site'],
    [
      'store of another kind',
      { store: 'oracle://x', sites: [SITE] },
      'store: expected sqlite:./data/bridge.db or',
    ],
    [
      'store without a file',
      { store: 'sqlite:', sites: [SITE] },
      'store: expected sqlite:./data/bridge.db or',
    ],
    [
      'store in memory',
      { store: 'sqlite::memory:', sites: [SITE] },
      'store: expected sqlite:./data/bridge.db or',
    ],
    ['queue of another kind', { queue: 'amqp://x', sites: [SITE] }, 'queue: expected "embedded", redis://…'],
    ['queue with rest', { queue: 'embedded!', sites: [SITE] }, 'queue: expected "embedded", redis://…'],
    ['port as text', { http: { port: '8080' }, sites: [SITE] }, 'http.port: expected a number'],
    ['port too big', { http: { port: 70000 }, sites: [SITE] }, 'http.port: expected at most 65535'],
    ['half a port', { http: { port: 80.5 }, sites: [SITE] }, 'http.port: expected a whole number'],
    ['empty host', { http: { host: '' }, sites: [SITE] }, 'http.host: expected an address of this machine'],
    [
      'publicUrl',
      { http: { publicUrl: 'bridge' }, sites: [SITE] },
      'http.publicUrl: expected an address that begins',
    ],
    [
      'trustProxy',
      { http: { trustProxy: 'nginx' }, sites: [SITE] },
      'http.trustProxy: expected addresses or ranges',
    ],
    [
      'log level',
      { log: { level: 'loud' }, sites: [SITE] },
      'log.level: expected "debug" or "info" or "warn"',
    ],
    ['concurrency', { concurrency: 0, sites: [SITE] }, 'concurrency: expected at least 1'],
    ['hcode', site({ hcode: '109' }), 'sites[0].hcode: expected a hospital code of 5 or 9 characters'],
    ['hcode as number', site({ hcode: 10978 }), 'sites[0].hcode: expected a text ("…")'],
    [
      'no his',
      { sites: [{ hcode: '10978', stations: [STATION] }] },
      'sites[0].his: missing; expected an object',
    ],
    ['HIS of another kind', his({ kind: 'mbase' }), 'sites[0].his.kind: expected "hosxp"'],
    [
      'JHCIS on PostgreSQL',
      his({ kind: 'jhcis', url: 'postgres://u:p@10.0.0.10/jhcisdb' }),
      'sites[0].his.url: expected mysql://user:password@host:3333/jhcisdb',
    ],
    [
      'HIS by http',
      his({ url: 'http://10.0.0.10/hos' }),
      'sites[0].his.url: expected mysql://user:password@',
    ],
    ['HIS without a database', his({ url: 'mysql://u:p@10.0.0.10' }), 'sites[0].his.url: names no database'],
    [
      '# in a password',
      his({ url: 'mysql://u:12#4@h/hos' }),
      'sites[0].his.url: an address that cannot be read',
    ],
    [
      '% in a password',
      his({ url: 'mysql://u:9%@h/hos' }),
      'sites[0].his.url: an address that cannot be read',
    ],
    [
      '/ in a password',
      his({ url: 'postgres://u:a/b@h/d' }),
      'sites[0].his.url: an address that cannot be read',
    ],
    ['poll too often', his({ pollSeconds: 0.1 }), 'sites[0].his.pollSeconds: expected at least 0.2'],
    [
      'writeBack',
      his({ writeBack: 'claimcode' }),
      'sites[0].his.writeBack: expected "auth_code" or "claim_code"',
    ],
    [
      'a boolean as text',
      his({ writeAuthDateTime: 'yes' }),
      'sites[0].his.writeAuthDateTime: expected true or false',
    ],
    [
      'a list member',
      his({ cancelledStatuses: ['98', 99] }),
      'sites[0].his.cancelledStatuses[1]: expected a text',
    ],
    ['no station', site({ stations: [] }), 'sites[0].stations: expected at least one station'],
    [
      'station id',
      site({ stations: [{ ...STATION, id: 'ห้อง 1' }] }),
      'sites[0].stations[0].id: expected letters',
    ],
    [
      'agentUrl',
      site({ stations: [{ ...STATION, agentUrl: '10.0.0.21:8189' }] }),
      'sites[0].stations[0].agentUrl: ',
    ],
    [
      'a station without a way to its agent',
      site({ stations: [{ id: 'counter-1' }] }),
      'sites[0].stations[0].agentUrl: missing; expected the address of the agent, or "agent": "reader" in its place',
    ],
    [
      'a station with two ways',
      site({ stations: [{ ...STATION, agent: 'reader' }] }),
      'sites[0].stations[0].agentUrl: expected either agentUrl or "agent": "reader", not both',
    ],
    [
      'another way',
      site({ stations: [{ id: 'counter-1', agent: 'worker' }] }),
      'sites[0].stations[0].agent: expected "reader"',
    ],
    ['zone', nhso({ zone: 'live' }), 'sites[0].nhso.zone: expected "test" or "prod"'],
    [
      'claim type',
      nhso({ defaultClaimType: 'PG1' }),
      'sites[0].nhso.defaultClaimType: expected a claim type',
    ],
    [
      'time-out',
      nhso({ timeouts: { confirmMs: 1 } }),
      'sites[0].nhso.timeouts.confirmMs: expected at least 100',
    ],
    [
      'visit kind',
      site({ requires: { visitKinds: ['opd'] } }),
      'sites[0].requires.visitKinds[0]: expected "outpatient" or "inpatient"',
    ],
    ['two sites of one hcode', { sites: [SITE, SITE] }, 'sites[1].hcode: site 10978 stands twice'],
    [
      'two stations of one id',
      site({ stations: [STATION, STATION] }),
      'sites[0].stations[1].id: station counter-1',
    ],
  ])('%s', (_, json, said) => {
    expect(faults(json)).toEqual([expect.stringContaining(said)]);
    expect(faults(json)[0]?.startsWith(said)).toBe(true);
  });

  test('every fault at once, an unknown key with those that are known', () => {
    const json = { ...(his({ urls: 'x', pollSeconds: 'often' }) as object), ques: 1, 'a b': 2 };
    expect(faults(json)).toEqual([
      'sites[0].his.pollSeconds: expected a number',
      'sites[0].his.urls: unknown key; expected one of kind, url, pollSeconds, quietHours, overlapMinutes, digestSeconds, ' +
        'catchUpDays, writeBack, writeAuthDateTime, cancelledStatuses, connections, statementTimeoutMs, changeCapture',
      'ques: unknown key; expected one of store, queue, http, secrets, log, concurrency, sites',
      '["a b"]: unknown key; expected one of store, queue, http, secrets, log, concurrency, sites',
    ]);
  });

  test('another kind of file does not fill the screen', () => {
    const lines = faults(Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`key${i}`, i])));
    expect(lines).toHaveLength(31);
    expect(lines.at(-1)).toBe('… and 471 more');
  });
});

describe('${NAME}', () => {
  test('is filled in, also twice in one text; a password that is percent-encoded stays so', () => {
    const json = his({ url: 'mysql://${DB_USER}:${DB_PW}@${HOST}/hos' });
    const config = parseConfig(json, { DB_USER: 'bridge', DB_PW: 'a%2Fb%40', HOST: '10.0.0.10' });
    expect(config.sites[0]?.his).toMatchObject({ url: 'mysql://bridge:a%2Fb%40@10.0.0.10/hos' });
  });

  test('is not filled in again by what it brought', () => {
    const config = parseConfig(site({ name: '${A}' }), { A: '${B}', B: 'no' });
    expect(config.sites[0]?.name).toBe('${B}');
  });

  test.each([
    ['mysql://u:${DB_PW}@h/hos', 'environment variable DB_PW is not set'],
    ['mysql://u:${toString}@h/hos', 'environment variable toString is not set'],
    ['mysql://u:${DB-PW}@h/hos', 'expected ${NAME}'],
    ['mysql://u:${}@h/hos', 'expected ${NAME}'],
    ['mysql://u:p@h/${hos', 'expected ${NAME}'],
  ])('%s is named, and nothing that follows from it', (url, said) => {
    expect(faults(his({ url }))).toEqual([expect.stringContaining(`sites[0].his.url: ${said}`)]);
  });

  test('whatever stands in the text and in the environment: filled in, or a fault with its path and without the value', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '${',
        '}',
        '${A}',
        '${B}',
        '${__proto__}',
        '${toString}',
        '$',
        '{',
        '${A',
        '${}',
        '${A B}',
        '$$',
      ),
      fc.string({ maxLength: 5 }),
    );
    const env = fc.record({ A: fc.string(), B: fc.constant('s3cret') }, { requiredKeys: [] });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 5 }), env, (pieces, given) => {
        const name = pieces.join('');
        try {
          expect(typeof parseConfig({ sites: [{ ...SITE, name }] }, given).sites[0]?.name).toBe('string');
        } catch (error) {
          expect(error).toMatchObject({
            code: 'config',
            message: expect.stringContaining('sites[0].name: '),
          });
          expect(String(error)).not.toContain('s3cret');
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('what is right', () => {
  test('the smallest one has defaults for everything else', () => {
    expect(parseConfig({ sites: [SITE] }, {})).toMatchObject({
      store: 'sqlite:./data/bridge.db',
      queue: 'embedded',
      http: { host: '127.0.0.1', port: 8080 },
      log: { level: 'info' },
      sites: [
        {
          his: { pollSeconds: 2, writeBack: 'auth_code', cancelledStatuses: [] },
          nhso: { zone: 'test', defaultClaimType: 'PG0060001', breaker: { failures: 3, probeSeconds: 60 } },
          requires: { visitKinds: ['outpatient'], rights: {} },
        },
      ],
    });
  });

  test('one with every key that hospitals were promised', () => {
    const json = {
      store: 'postgres://bridge:secret@10.0.0.5/bridge',
      queue: 'rediss://:secret@10.0.0.6:6379/1',
      http: { host: '127.0.0.1', port: 8080, publicUrl: 'https://bridge.hospital.local' },
      sites: [
        {
          ...{ hcode: '10978', name: 'โรงพยาบาลสมมุติ' },
          his: { kind: 'hosxp', url: 'mysql://u:p@10.0.0.10/hos', pollSeconds: 2, writeBack: 'auth_code' },
          stations: [STATION],
          nhso: {
            ...{
              zone: 'test',
              authenStatusUrl: 'https://nhso.example/authencode',
              serviceToken: '${NHSO_TOKEN}',
            },
            ...{ ucTokenFile: 'C:\\NHSO\\nhso_token.txt', defaultClaimType: 'PG0060001' },
          },
        },
      ],
    };
    expect(parseConfig(json, { NHSO_TOKEN: 'abc' }).sites[0]?.nhso.serviceToken).toBe('abc');
  });

  test.each([
    ['ucws', 'ucTokenFile', 'srmTokenFile'],
    ['srm', 'srmTokenFile', 'ucTokenFile'],
  ])('rights from %s with %s, and not with %s alone', (source, needed, other) => {
    const site = (nhso: object) => ({ sites: [{ ...SITE, nhso: { rights: { source }, ...nhso } }] });
    expect(faults(site({ [needed]: 'C:\\NHSO\\token.txt' }))).toEqual([]);
    expect(faults(site({ [other]: 'C:\\NHSO\\token.txt' }))).toEqual([
      `sites[0].nhso.rights.source: "${source}" needs nhso.${needed} beside it`,
    ]);
  });

  test.each([
    'mysql://u:p%40ss@h:3306/hos',
    'mariadb://u@h/hos',
    'postgresql://u:p@h/hos?sslmode=require',
    'postgres:///hos?host=/var/run/postgresql',
  ])('%s', (url) => {
    expect(faults(his({ url }))).toEqual([]);
  });

  test.each(['loopback', '10.0.0.1', '10.0.0.0/24, fd00::/8'])('behind the proxy %s', (trustProxy) => {
    expect(faults({ http: { trustProxy }, sites: [SITE] })).toEqual([]);
  });
});

describe('a file', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'authen-bridge-config-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const load = (content: string | Uint8Array): unknown => {
    writeFileSync(join(folder, 'c.json'), content);
    return loadConfig(join(folder, 'c.json'), {});
  };
  const text = JSON.stringify({ sites: [SITE] });

  test.each([
    ['as it is', text],
    ['with a byte order mark', `\uFEFF${text}`],
    ['with comments and a comma too many', `// ours\n${text.slice(0, -1)}, /* no more */ }`],
  ])('%s', (_, content) => {
    expect(load(content)).toMatchObject({ sites: [{ hcode: '10978' }] });
  });

  test.each<[string, string | Uint8Array, string]>([
    [
      'a comma missing',
      '{\n  "store": "sqlite:a"\n  "queue": "s3cret"\n}',
      'line 3, column 3: not JSON: comma expected',
    ],
    ['cut off', '{ "sites": [', 'line 1, column 13: not JSON: '],
    ['empty', '', 'line 1, column 1: not JSON: value expected'],
    ['a Windows path', '{ "store": "sqlite:C:\\data\\s3cret" }', 'a backslash must be written twice'],
    [
      'a key twice',
      '{\n "store": "sqlite:a",\n "store": "sqlite:s3cret" }',
      'line 3, column 2: key "store" stands twice',
    ],
    ['a key that is none', '{ "__proto__": { "store": "s3cret" } }', 'key "__proto__"'],
    ['Thai in an old encoding', Uint8Array.of(0x22, 0xa1, 0xd2, 0x22), 'is not UTF-8 text'],
    ['UTF-16', Uint8Array.of(0xff, 0xfe, 0x7b, 0, 0x7d, 0), 'is not UTF-8 text'],
  ])('%s: the place is told and nothing of the text', (_, content, said) => {
    expect(() => load(content)).toThrow(
      expect.objectContaining({
        name: 'BridgeError',
        code: 'config',
        message: expect.stringContaining(said),
      }),
    );
    expect(() => load(content)).not.toThrow(/s3cret/);
  });

  test('one that is not there, or is none, is named', () => {
    expect(() => loadConfig(join(folder, 'none.json'), {})).toThrow(
      /none\.json: there is no such file; .*--config/,
    );
    expect(() => loadConfig(folder, {})).toThrow(/cannot be read \(EISDIR\)/);
  });

  test.each(['[', '{"sites":', '{"a":[', '/**/['])('one without a bottom, of %s, is refused', (piece) => {
    expect(() => load(piece.repeat(100_000))).toThrow(expect.objectContaining({ code: 'config' }));
    expect(() => load(`${piece.repeat(100_000)}1`)).toThrow(/expected nothing that deep/);
  });

  test('whatever stands in it, the error is one of ours', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '\\',
      '//',
      '/*',
      '1e9',
      'null',
      '"sites"',
      '\n',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string())), (pieces) => {
        expect(() => load(pieces.join(''))).toThrow(expect.objectContaining({ code: 'config' }));
      }),
      { numRuns: 200 },
    );
  });
});
