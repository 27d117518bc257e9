import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openHouse, type TestHouse } from '../http/support/house.ts';
import { read, table } from './markdown.ts';
import { outcomeRows, reasonRows, stateRows } from './state-tables.ts';

const operation = read('docs/operation.md');

describe('what each state and reason means', () => {
  test.each(['docs/operation.md', 'README.md'])(
    '%s tells every state in the words of the bridge',
    (document) => {
      const rows = table(read(document), 'state');
      expect(rows.map((row) => row.slice(0, 3))).toEqual(stateRows());
      for (const [state, , , next = ''] of rows)
        expect(next, state).toMatch(/[\u0e00-\u0e7f]{3,}.*<br>[A-Z].+\.$/);
    },
  );

  test('docs/operation.md tells every reason and its next step in the words of the bridge', () => {
    expect(table(operation, 'reason')).toEqual(reasonRows());
  });

  test('and every outcome of the night', () => {
    expect(table(operation, 'outcome')).toEqual(outcomeRows());
  });
});

describe('figures', () => {
  let house: TestHouse;
  beforeAll(async () => {
    house = await openHouse();
  });
  afterAll(() => house.close());

  test('docs/operation.md names each one of the bridge, and no other', async () => {
    const told = table(operation, 'figure').map(([name = '']) => name.replaceAll('`', ''));
    const text = await house.parts.metrics.render();
    const there = [...text.matchAll(/^# TYPE (authen_bridge_\w+) /gm)].map(([, name]) => name);
    expect(told.toSorted()).toEqual(there.toSorted());
  });
});
