import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CERTIFIES_FOR_MS } from '../../src/domain/certifier.ts';
import { RESOURCE_TYPES } from '../../src/http/fhir/resource-types.ts';
import { DEFAULT_LIMITS } from '../../src/http/parts.ts';
import type { RouteDoc } from '../../src/http/route.ts';
import { FHIR_METADATA, FHIR_ROUTES } from '../../src/http/routes/fhir.ts';
import { resolutionSchema } from '../../src/http/schemas/decision.ts';
import { SCOPES } from '../../src/http/scopes.ts';
import { openHouse, type TestHouse } from '../http/support/house.ts';
import { blocks, read, table } from './markdown.ts';

const document = read('docs/api.md');

let house: TestHouse;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house.close());

function scopeOf({ access }: RouteDoc): string {
  if ('open' in access) return 'open';
  return access.scope === 'any' ? 'any key' : `\`${access.scope}\``;
}

describe('docs/api.md', () => {
  test('tells every scope in the words of the program', () => {
    expect(table(document, 'scope')).toEqual(
      Object.entries(SCOPES).map(([scope, what]) => [`\`${scope}\``, what]),
    );
  });

  test('tells every route and what it needs', () => {
    const there = [...house.routes, FHIR_METADATA, ...FHIR_ROUTES].map((route) => [
      `\`${route.method.toUpperCase()} ${route.path}\``,
      scopeOf(route),
    ]);
    expect(table(document, 'route')).toEqual(there);
  });

  test('tells the limits and the FHIR resources that there are', () => {
    const { perKey, open, failedAuth } = DEFAULT_LIMITS;
    const text = document.replaceAll('\n', ' ');
    expect(text).toContain(
      `${perKey.toLocaleString('en')} requests a key, ${open} an address on open routes`,
    );
    expect(text).toContain(`${failedAuth} refused keys an address`);
    const bold = /\*\*(Patient, [^*]+)\*\*/.exec(text)?.[1]?.split(', ');
    expect(bold?.toSorted()).toEqual([...RESOURCE_TYPES].toSorted());
  });

  test('its card read is taken', async () => {
    const [example = ''] = blocks(document, 'json');
    const key = await house.key(['card-reads:write']);
    const answer = await house.ask('POST', '/api/card-reads', { key, body: example });
    expect(answer).toMatchObject({ status: 201, json: { duplicate: false, paired: null, nhso: 'up' } });
  });

  test('its reads without the patient’s card are taken, and are as the page says', async () => {
    const [card = ''] = blocks(document, 'json');
    const examples = blocks(document, 'sh').flatMap(
      (block) => /--data '(\{[\s\S]*?\})'/.exec(block)?.[1] ?? [],
    );
    expect(examples.map((text) => JSON.parse(text).kind)).toEqual(['certified', 'photo']);
    const key = await house.key(['card-reads:write']);
    const send = (body: string) => house.ask('POST', '/api/card-reads', { key, body });
    expect([200, 201]).toContain((await send(card)).status);
    for (const example of examples) expect((await send(example)).status).toBe(201);
    for (const reason of ['enter-at-nhso', 'day-over-not-entered'])
      expect(document).toContain(`\`${reason}\``);
    expect(document).toContain(`within ${CERTIFIES_FOR_MS / 60_000} minutes`);
  });

  test('its decisions are decisions, one of each kind', () => {
    const actions = blocks(document, 'json')
      .slice(1)
      .map((example) => resolutionSchema.parse(JSON.parse(example)).action);
    expect(actions).toEqual(resolutionSchema.options.map((option) => option.shape.action.value));
  });

  test.each(['cases', 'client-asks'])('its query for %s is one', async (what) => {
    const path = new RegExp(`\`GET (/api/${what}\\?\\S+)\``).exec(document)?.[1] ?? '';
    const key = await house.key(['cases:read']);
    expect(await house.ask('GET', path, { key })).toMatchObject({ status: 200, json: { items: [] } });
  });
});
