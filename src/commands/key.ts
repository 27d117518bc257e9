/** `npm run key`: makes, lists and revokes API keys. */

import { Command, InvalidArgumentError } from 'commander';
import { openLedger } from '../../db/open-ledger.ts';
import { type Config, loadConfig } from '../config.ts';
import { bangkokIso } from '../domain/bangkok.ts';
import { BridgeError } from '../domain/bridge-error.ts';
import { maskCitizenIds } from '../domain/citizen-id.ts';
import { makeKey } from '../http/api-key.ts';
import { isScope, SCOPE_NAMES, SCOPES, type Scope } from '../http/scopes.ts';
import type { ApiKey, Ledger } from '../service/ports/ledger.ts';

const DEFAULT_CONFIG = 'authen-bridge.config.json';

/** What a worker at a counter does; a key of one station may hold nothing else. */
const OF_STATION: readonly Scope[] = ['card-reads:write', 'agent-line:carry', 'agent-api:use'];

interface StoreOptions {
  config?: string;
  store?: string;
}

interface CreateOptions extends StoreOptions {
  name: string;
  scope: Scope[];
  site?: string;
  station?: string;
}

/** `write` gets what the person is to see, line by line. */
export function keyCommand(write: (line: string) => void = (line) => console.log(line)): Command {
  const key = new Command('key').description('API keys: who may ask the bridge for what');
  withStore(key.command('create'))
    .description('makes a key and shows it, once')
    .requiredOption('--name <name>', 'who or what uses it; stands in history and audit', name)
    .requiredOption('--scope <scopes>', `separated by commas: ${SCOPE_NAMES.join(', ')}`, scopes)
    .option('--site <hcode>', 'the key works for this site only')
    .option('--station <id>', 'the key speaks for this station of the site only (needs --site)')
    .action((options: CreateOptions) =>
      withLedger(options, (ledger, config) => create(ledger, config, options, write)),
    );
  withStore(key.command('list'))
    .description('shows all keys, without their secrets')
    .action((options: StoreOptions) => withLedger(options, (ledger) => list(ledger, write)));
  withStore(key.command('revoke'))
    .argument('<id>', 'as the list shows it')
    .description('makes a key useless within seconds')
    .action((id: string, options: StoreOptions) =>
      withLedger(options, (ledger) => revoke(ledger, id, write)),
    );
  return key;
}

function withStore(command: Command): Command {
  return command
    .option(
      '--config <file>',
      `configuration that names the store (${DEFAULT_CONFIG} unless --store is given)`,
    )
    .option('--store <store>', 'the store itself: sqlite:./data/bridge.db or postgres://…');
}

async function create(
  ledger: Ledger,
  config: Config | null,
  options: CreateOptions,
  write: (line: string) => void,
): Promise<void> {
  checkBinding(options, config);
  const { id, text, hash } = makeKey();
  const key: ApiKey = {
    id,
    name: options.name,
    hash,
    scopes: options.scope,
    hcode: options.site ?? null,
    stationId: options.station ?? null,
    createdAt: Date.now(),
    revokedAt: null,
  };
  await ledger.addKey(key);
  write(text);
  write('');
  write('Keep it now: it is not shown again, and the bridge keeps only its hash.');
  write(`It is "${key.name}" (${id}), for ${whereOf(key)}, and may:`);
  for (const scope of options.scope) write(`  - ${SCOPES[scope]} (${scope})`);
}

async function list(ledger: Ledger, write: (line: string) => void): Promise<void> {
  const keys = await ledger.listKeys();
  if (keys.length === 0) write('No keys yet. Make one: npm run key -- create --name "…" --scope …');
  for (const key of keys) {
    const state = key.revokedAt === null ? 'works' : `revoked ${bangkokIso(key.revokedAt)}`;
    const made = `made ${bangkokIso(key.createdAt)}`;
    write(`${key.id}  ${key.name}  ${whereOf(key)}  ${key.scopes.join(',')}  ${made}  ${state}`);
  }
}

async function revoke(ledger: Ledger, id: string, write: (line: string) => void): Promise<void> {
  if (!(await ledger.revokeKey(id, Date.now()))) {
    throw new BridgeError('not-found', `There is no key ${JSON.stringify(id)}; "list" shows them.`, {
      retry: 'no',
    });
  }
  write(`${id} is revoked; a running bridge stops taking it within seconds.`);
}

function checkBinding({ site, station, scope }: CreateOptions, config: Config | null): void {
  if (station !== undefined && site === undefined) bad('--station', 'expected --site beside it');
  if (station !== undefined && scope.some((s) => !OF_STATION.includes(s))) {
    bad('--scope', `expected nothing but ${OF_STATION.join(', ')} for a key of one station`);
  }
  if (station === undefined && scope.includes('agent-line:carry')) {
    bad('--station', 'expected one for agent-line:carry: a line is one station’s');
  }
  if (station === undefined && scope.includes('agent-api:use')) {
    bad('--station', 'expected one for agent-api:use: it stands for the agent of one counter');
  }
  if (site !== undefined && scope.includes('metrics:read')) {
    bad('--scope', 'expected no metrics:read for a key of one site: the figures tell of all');
  }
  if (config === null || site === undefined) return;
  const found = config.sites.find((s) => s.hcode === site);
  if (found === undefined) bad('--site', `expected one of ${config.sites.map((s) => s.hcode).join(', ')}`);
  if (station !== undefined && !found.stations.some((s) => s.id === station)) {
    bad('--station', `expected one of ${found.stations.map((s) => s.id).join(', ')}`);
  }
}

function whereOf(key: ApiKey): string {
  if (key.hcode === null) return 'all sites';
  return key.stationId === null ? `site ${key.hcode}` : `station ${key.stationId} of site ${key.hcode}`;
}

async function withLedger(
  options: StoreOptions,
  work: (ledger: Ledger, config: Config | null) => Promise<void>,
): Promise<void> {
  if (options.config !== undefined && options.store !== undefined)
    bad('--store', 'expected either --config or --store');
  const config =
    options.store === undefined ? loadConfig(options.config ?? DEFAULT_CONFIG, process.env) : null;
  const ledger = await openLedger(options.store ?? config?.store ?? '');
  try {
    await ledger.migrate();
    await work(ledger, config);
  } finally {
    await ledger.close();
  }
}

function bad(option: string, expected: string): never {
  throw new BridgeError('bad-input', `${option}: ${expected}`, { retry: 'no' });
}

function name(given: string): string {
  const trimmed = given.trim();
  if (trimmed === '' || trimmed.length > 80)
    throw new InvalidArgumentError('expected a name of 1–80 characters');
  // it is written into history and audit
  if (maskCitizenIds(trimmed) !== trimmed)
    throw new InvalidArgumentError('expected a name without a citizen id');
  return trimmed;
}

function scopes(given: string): Scope[] {
  const wanted = given.split(',').map((s) => s.trim());
  const known = wanted.filter(isScope);
  if (known.length !== wanted.length) {
    throw new InvalidArgumentError(`expected one or more, separated by commas, of ${SCOPE_NAMES.join(', ')}`);
  }
  return [...new Set(known)];
}
