/**
 * Configuration: one file, one schema, read in one place. A string may hold `${ENV_NAME}`. Every key is checked; an
 * unknown or wrong one is named with its path and what was expected.
 */

import { isIP } from 'node:net';
import { z } from 'zod';
import { checkAddress } from './config-address.ts';
import { Faults, wording } from './config-faults.ts';
import { readConfigFile } from './config-file.ts';
import { his } from './config-his.ts';
import { timeOfDay } from './config-time.ts';
import { BridgeError } from './domain/bridge-error.ts';
import { atLeast, atMost } from './length-limits.ts';

/** Deeper than any key of ours; a file that goes on below it is not followed. */
const DEEPEST = 20;

const hcode = z
  .string()
  .regex(/^[A-Za-z0-9]{5}$|^[A-Za-z0-9]{9}$/, 'expected a hospital code of 5 or 9 characters');
const claimType = z.string().regex(/^PG\d{7}$/, 'expected a claim type such as "PG0060001"');
const httpUrl = z.url({
  protocol: /^https?$/,
  error: 'expected an address that begins with http:// or https://',
});

const DATABASE = {
  store: 'sqlite:./data/bridge.db or postgres://user:password@host:5432/bridge',
  queue: '"embedded", redis://…, rediss://… or postgres://…',
};

/** One that the bridge stands behind: an address, a range, or a name that Express knows. */
function isProxyList(text: string): boolean {
  return text.split(',').every((one) => {
    const [address = '', bits, ...rest] = one.trim().split('/');
    if (['loopback', 'linklocal', 'uniquelocal'].includes(address)) return bits === undefined;
    const most = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
    return (
      rest.length === 0 &&
      most > 0 &&
      (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most))
    );
  });
}

const choice = z
  .strictObject({ only: z.array(z.string()).optional(), except: z.array(z.string()).optional() })
  .prefault({});

const station = z
  .strictObject({
    id: z.string().regex(/^[A-Za-z0-9._-]{1,40}$/, 'expected letters, digits, dots, dashes or underscores'),
    agentUrl: httpUrl.optional(),
    /** The bridge cannot reach the agent: the reader worker of the station carries its calls. */
    agent: z.enum(['reader']).optional(),
  })
  .superRefine(({ agentUrl, agent }, ctx) => {
    if ((agentUrl === undefined) !== (agent === undefined)) return;
    const message =
      agent === undefined
        ? 'missing; expected the address of the agent, or "agent": "reader" in its place'
        : 'expected either agentUrl or "agent": "reader", not both';
    ctx.addIssue({ code: 'custom', path: ['agentUrl'], message });
  });

const nhso = z
  .strictObject({
    zone: z.enum(['test', 'prod']).default('test'),
    defaultClaimType: claimType.default('PG0060001'),
    /** The first rule that holds decides; otherwise `defaultClaimType`. */
    claimTypeRules: z
      .array(
        z.strictObject({
          departments: z.array(z.string()).optional(),
          rights: z.array(z.string()).optional(),
          claimType,
        }),
      )
      .default([]),
    timeouts: z
      .strictObject({
        terminalsMs: z.number().int().min(100).max(120_000).default(3_000),
        readMs: z.number().int().min(100).max(120_000).default(20_000),
        draftMs: z.number().int().min(100).max(120_000).default(15_000),
        confirmMs: z.number().int().min(100).max(120_000).default(30_000),
        lookupMs: z.number().int().min(100).max(120_000).default(15_000),
      })
      .prefault({}),
    /** After a lost answer: look-ups this far apart, see `src/domain/machine/lost-answer.ts`. */
    settleSeconds: z.number().min(0.1).max(3600).default(20),
    /** Calls a second to NHSO for the whole site; 0 = no limit. */
    ratePerSecond: z.number().min(0).max(1000).default(0),
    breaker: z
      .strictObject({
        failures: z.number().int().min(1).max(100).default(3),
        probeSeconds: z.number().min(0.1).max(3600).default(60),
      })
      .prefault({}),
    /** How often a case that waits for NHSO's word (offline) is looked up. */
    offlineLookupMinutes: z.number().min(0.01).max(240).default(10),
    /** When the staff are told of a case that is still offline, so that the patient can be called back on the day. */
    callBack: z
      .strictObject({
        /** After NHSO is back, or after the read if that came later. */
        afterMinutes: z.number().min(0.01).max(1440).default(30),
        /** From then on `afterMinutes` after the read, also while NHSO is down (Asia/Bangkok). */
        at: timeOfDay.default('15:00'),
      })
      .prefault({}),
    /**
     * Base address of check-authen-status; NHSO's own where only `serviceToken` is given. With neither the night asks the agents
     * and the imported report only.
     */
    authenStatusUrl: httpUrl.optional(),
    /** The hospital's UUID for it. */
    serviceToken: z.string().check(atLeast(1, 'expected a token, or leave the key out')).optional(),
    /** `nhso_token.txt` of UC Authentication 4.x; a network share is fine. */
    ucTokenFile: z.string().check(atLeast(1, 'expected a path, or leave the key out')).optional(),
    /** `token.txt` of NHSO's SRM program. */
    srmTokenFile: z.string().check(atLeast(1, 'expected a path, or leave the key out')).optional(),
    srmRefreshUrl: httpUrl.default('https://srmportal.nhso.go.th/api/scard/access-token'),
    /** Rights by citizen id for visits whose card has not come; absent: off. */
    rights: z
      .strictObject({
        /** `ucws`: SOAP with the UC token; `srm`: REST with the SRM token. */
        source: z.enum(['ucws', 'srm']),
        /** Where it listens; NHSO's own when left out. */
        url: httpUrl.optional(),
        /** Asked once a visit has waited this long for its card. */
        afterMinutes: z.number().min(0).max(1440).default(15),
        ratePerSecond: z.number().min(0.01).max(100).default(2),
      })
      .optional(),
    /** From then on a missing token is warned of (Asia/Bangkok). */
    openingTime: timeOfDay.default('07:00'),
  })
  .prefault({});

const reconcile = z
  .strictObject({
    /** When the codes that are missing are looked for (Asia/Bangkok); an empty list: only by command. */
    at: z.array(timeOfDay).check(atMost(24)).default(['00:30', '06:00']),
    /** So many past days; a visit that is older is asked for no more. */
    days: z.number().int().min(1).max(60).default(7),
    /** Calls a second to NHSO, for the whole site. */
    ratePerSecond: z.number().min(0.01).max(100).default(5),
  })
  .prefault({});

const requires = z
  .strictObject({
    visitKinds: z.array(z.enum(['outpatient', 'inpatient'])).default(['outpatient']),
    nationalities: z.array(z.string()).default(['99', '099', 'TH', 'THA']),
    rights: choice,
    schemes: choice,
    departments: choice,
  })
  .prefault({});

const proof = z
  .strictObject({
    /** A photo of face and card is deleted after so many days. */
    photoDays: z.number().int().min(1).max(3650).default(30),
  })
  .prefault({});

const site = z.strictObject({
  hcode,
  name: z.string().default(''),
  his,
  stations: z.array(station).check(atLeast(1, 'expected at least one station')),
  nhso,
  requires,
  proof,
  reconcile,
});

export const configSchema = z
  .strictObject({
    $schema: z.string().optional(),
    store: z
      .string()
      // a ledger in memory would forget at every restart what NHSO has been asked
      .regex(/^(sqlite:(?!:memory:).|postgres(ql)?:\/\/)/, `expected ${DATABASE.store}`)
      .superRefine((url, ctx) => {
        if (!url.startsWith('sqlite:')) checkAddress(url, DATABASE.store, ctx);
      })
      .default('sqlite:./data/bridge.db'),
    queue: z
      .string()
      .regex(/^(embedded$|rediss?:\/\/|postgres(ql)?:\/\/)/, `expected ${DATABASE.queue}`)
      .superRefine((url, ctx) => {
        if (url !== 'embedded') checkAddress(url, DATABASE.queue, ctx);
      })
      .default('embedded'),
    http: z
      .strictObject({
        host: z.string().check(atLeast(1, 'expected an address of this machine')).default('127.0.0.1'),
        port: z.number().int().min(0).max(65_535).default(8080),
        publicUrl: httpUrl.optional(),
        /** Address or range of a reverse proxy whose X-Forwarded-For may be believed. */
        trustProxy: z
          .string()
          .refine(
            isProxyList,
            'expected addresses or ranges such as 10.0.0.1 or 10.0.0.0/24, parted by commas',
          )
          .optional(),
      })
      .prefault({}),
    /**
     * The key under which tokens rest in the ledger. `keyFile`: made at the first need, readable by its owner only; several
     * bridges on one ledger need the same one. `key`: the same text from the environment, "${AUTHEN_BRIDGE_SECRET_KEY}".
     */
    secrets: z
      .strictObject({
        keyFile: z.string().check(atLeast(1, 'expected a path')).default('./data/secret.key'),
        key: z.string().check(atLeast(1, 'expected a key, or leave it out')).optional(),
      })
      .prefault({}),
    log: z.strictObject({ level: z.enum(['debug', 'info', 'warn', 'error']).default('info') }).prefault({}),
    /** Jobs of one kind worked on at a time. */
    concurrency: z.number().int().min(1).max(200).default(10),
    sites: z.array(site).check(atLeast(1, 'expected at least one site')),
  })
  .superRefine((config, ctx) => {
    unique(
      config.sites.map((s) => s.hcode),
      (i, v) =>
        ctx.addIssue({ code: 'custom', path: ['sites', i, 'hcode'], message: `site ${v} stands twice` }),
    );
    config.sites.forEach((s, si) => {
      const token = rightsWithoutToken(s.nhso);
      if (token !== null) {
        const path = ['sites', si, 'nhso', 'rights', 'source'];
        ctx.addIssue({
          code: 'custom',
          path,
          message: `"${s.nhso.rights?.source}" needs ${token} beside it`,
        });
      }
      unique(
        s.stations.map((st) => st.id),
        (i, v) =>
          ctx.addIssue({
            code: 'custom',
            path: ['sites', si, 'stations', i, 'id'],
            message: `station ${v} stands twice`,
          }),
      );
    });
  });

export type Config = z.infer<typeof configSchema>;
export type SiteConfig = Config['sites'][number];

/** The key that names the token which rights are asked for with, where it is left out; null when nothing is amiss. */
function rightsWithoutToken({ rights, ucTokenFile, srmTokenFile }: SiteConfig['nhso']): string | null {
  if (rights?.source === 'ucws' && ucTokenFile === undefined) return 'nhso.ucTokenFile';
  return rights?.source === 'srm' && srmTokenFile === undefined ? 'nhso.srmTokenFile' : null;
}

function unique(values: readonly string[], complain: (index: number, value: string) => void): void {
  values.forEach((value, index) => {
    if (values.indexOf(value) !== index) complain(index, value);
  });
}

/** Reads and checks a configuration file. Throws BridgeError `config` whose message lists every fault with its path. */
export function loadConfig(file: string, env: Environment): Config {
  return parseConfig(readConfigFile(file), env, file);
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Checks a configuration that has been read already. `source` names it in messages. */
export function parseConfig(json: unknown, env: Environment, source = 'configuration'): Config {
  const faults = new Faults();
  const filled = fillIn(json, env, [], faults);
  const result = configSchema.safeParse(filled, { error: wording });
  for (const issue of result.error?.issues ?? []) faults.addIssue(issue);
  if (!faults.isEmpty || !result.success) {
    throw new BridgeError('config', `${source}:\n  ${faults}`, { retry: 'no' });
  }
  return result.data;
}

/** Puts the environment's value in the place of `${NAME}` in every string. */
function fillIn(value: unknown, env: Environment, path: readonly PropertyKey[], faults: Faults): unknown {
  if (path.length > DEEPEST) {
    faults.add(path, 'expected nothing that deep');
    return null;
  }
  if (typeof value === 'string') {
    return value.replace(/\$\{([^}]*)\}?/g, (placeholder, name: string) => {
      if (!/^\$\{[A-Za-z_][A-Za-z0-9_]*\}$/.test(placeholder)) {
        faults.add(path, `expected \${NAME}, with the name of an environment variable, where "\${" stands`);
        return '';
      }
      const found = Object.hasOwn(env, name) ? env[name] : undefined;
      if (found === undefined) faults.add(path, `environment variable ${name} is not set`);
      return found ?? '';
    });
  }
  if (Array.isArray(value)) return value.map((v, i) => fillIn(v, env, [...path, i], faults));
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(
      Object.entries(value).map(([k, v]) => [k, fillIn(v, env, [...path, k], faults)]),
    );
  }
  return value;
}
