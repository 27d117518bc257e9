import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openHouse, type TestHouse } from '../http/support/house.ts';
import { blocks, read, table } from './markdown.ts';
import { askRows } from './state-tables.ts';

const document = read('docs/agent-api.md');

let house: TestHouse;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house.close());

describe('docs/agent-api.md', () => {
  test('tells however it stands with an ask, and what to do, in the words of the bridge', () => {
    expect(table(document, 'how it stands')).toEqual(askRows());
  });

  test('its query for what a person must look at is one', async () => {
    const paths = blocks(document, 'sh').flatMap(
      (block) => /https:\/\/[\w.]+(\/api\/client-asks\?[^']+)'/.exec(block)?.[1] ?? [],
    );
    expect(paths).toHaveLength(1);
    const key = await house.key(['cases:read']);
    expect(await house.ask('GET', paths[0] ?? '', { key })).toMatchObject({
      status: 200,
      json: { items: [] },
    });
  });
});
