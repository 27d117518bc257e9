import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseConfig } from '../../src/config.ts';
import { parseDockerfile } from './dockerfile.ts';

interface Service {
  image?: string;
  build?: string;
  command?: string[];
  env_file?: string;
  environment?: Record<string, string>;
  ports?: string[];
  volumes?: string[];
  depends_on?: Record<string, { condition: string }>;
  read_only?: boolean;
  healthcheck?: { test: string[] };
}

const text = readFileSync('compose.yaml', 'utf8');
const compose = parse(text) as { services: Record<string, Service>; volumes: Record<string, null> };

function service(name: string): Service {
  const found = compose.services[name];
  if (found === undefined) throw new Error(`compose.yaml has no service ${name}`);
  return found;
}

/** The value behind a flag of redis-server. */
function flag(name: string): string | undefined {
  const { command = [] } = service('redis');
  const at = command.indexOf(name);
  return at < 0 ? undefined : command[at + 1];
}

describe('compose.yaml', () => {
  test('Redis keeps its jobs: append-only file, no eviction, a volume', () => {
    expect(flag('--appendonly')).toBe('yes');
    expect(flag('--maxmemory-policy')).toBe('noeviction');
    expect(service('redis').volumes).toEqual(['redis-data:/data']);
  });

  test('the ledger lies on a volume', () => {
    expect(service('postgres').volumes).toEqual(['postgres-data:/var/lib/postgresql/data']);
  });

  test('every named volume is declared', () => {
    const named = Object.values(compose.services)
      .flatMap(({ volumes = [] }) => volumes)
      .map((volume) => volume.split(':')[0] ?? '')
      .filter((source) => !source.startsWith('.'));
    expect(named.sort()).toEqual(Object.keys(compose.volumes).sort());
  });

  test('the bridge waits until both answer', () => {
    expect(service('bridge').depends_on).toEqual({
      redis: { condition: 'service_healthy' },
      postgres: { condition: 'service_healthy' },
    });
    for (const name of ['redis', 'postgres']) expect(service(name).healthcheck?.test[0]).toMatch(/^CMD/);
  });

  test('secrets come from the env file, none stands in it', () => {
    expect(service('bridge').env_file).toBe('.env');
    expect(service('postgres').environment?.POSTGRES_PASSWORD).toMatch(/^\$\{POSTGRES_PASSWORD:\?/);
    expect(readFileSync('.gitignore', 'utf8').split('\n')).toContain('.env');
  });

  test('the bridge writes only where the image lets it, and reads the file that its command names', () => {
    const bridge = service('bridge');
    expect(bridge.read_only).toBe(true);
    const image = parseDockerfile(readFileSync('Dockerfile', 'utf8')).at(-1);
    const instruction = (word: string): string =>
      image?.instructions.find((found) => found.word === word)?.rest ?? '';
    const mounted = (bridge.volumes ?? []).map((volume) => volume.split(':')[1]);
    const command = JSON.parse(instruction('CMD')) as string[];
    expect(mounted).toEqual([command.at(-1), instruction('VOLUME')]);
  });

  test('the lines of configuration that it tells people to write are right', () => {
    const told = [...text.matchAll(/^# {8}("\w+": .*)$/gm)].map(([, line]) => line);
    expect(told).toHaveLength(4);
    const site = {
      hcode: '10978',
      his: { kind: 'hosxp', url: 'mysql://reader@his:3306/hos' },
      stations: [{ id: 'counter-1', agentUrl: 'http://10.0.0.21:8189' }],
    };
    const json: unknown = JSON.parse(`{${told.join(',')},"sites":[${JSON.stringify(site)}]}`);
    const config = parseConfig(json, { POSTGRES_PASSWORD: 'abc' });
    expect(config.store).toBe('postgres://bridge:abc@postgres:5432/bridge');
    expect(config.queue).toBe('redis://redis:6379');
    expect(config.http).toMatchObject({ host: '0.0.0.0', port: 8080 });
    // on the volume: elsewhere it would go with the container, and with it every token
    expect(dirname(config.secrets.keyFile)).toBe(service('bridge').volumes?.[1]?.split(':')[1]);
  });
});
