import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/config.ts';
import { configKeys } from './config-keys.ts';
import { blocks, read, table } from './markdown.ts';

const document = read('docs/configuration.md');
const ENVIRONMENT = { HIS_PASSWORD: 'secret', LEDGER_PASSWORD: 'secret', POSTGRES_PASSWORD: 'secret' };

describe('docs/configuration.md', () => {
  const rows = table(document, 'key');

  test('tells every key with its type and default, in the order of the schema, and no other', () => {
    const told = rows.map(([path, type, byDefault]) => ({ path, type, default: byDefault }));
    expect(told).toEqual(configKeys().map((key) => ({ ...key, path: `\`${key.path}\`` })));
  });

  test('says of each key what it means', () => {
    for (const row of rows) {
      expect(row).toHaveLength(4);
      expect(row[3], row[0]).toMatch(/\S.{10,}\.$/);
    }
  });

  test.each(['docs/configuration.md', 'README.md'])('the examples of %s are configurations', (page) => {
    const examples = blocks(read(page), 'json');
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) parseConfig(JSON.parse(example), ENVIRONMENT);
  });

  test('the faults that it shows are told in these words', () => {
    const shown = blocks(document, '').find((block) => block.startsWith('authen-bridge:')) ?? '';
    const his = { kind: 'hosxp', url: 'mysql://reader@his/hos', pollSeconds: 900 };
    const stations = [{ id: 'counter-1', agentUrl: 'http://10.0.0.21:8189' }];
    const wrong = { queue: 'rabbit', sites: [{ hcode: '10978', station: [], his, stations }] };
    const file = 'authen-bridge.config.json';
    expect(() => parseConfig(wrong, {}, file)).toThrow(
      expect.objectContaining({ message: shown.replace('authen-bridge: ', '') }),
    );
  });
});

test('the example configuration is one, and leaves no password in the file', () => {
  const text = read('authen-bridge.config.example.json');
  const config = parseConfig(JSON.parse(text), ENVIRONMENT);
  expect(config).toMatchObject({ queue: 'embedded', sites: [{ nhso: { zone: 'test' } }] });
  expect(text).not.toContain('secret');
  expect(() => parseConfig(JSON.parse(text), {})).toThrow(/HIS_PASSWORD is not set/);
});
