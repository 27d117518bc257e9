/** What is made of PC/SC's events. States as pcscd gives them: 0x0001_0022 is "one event, card in". */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SlotTable } from '../../../../adapters/reader/pcsc/slots.ts';

const EMPTY = 0x10;
const PRESENT = 0x20;
const MUTE = 0x200;
const IN_USE = 0x100;
const CHANGED = 0x2;

const state = (flags: number, events: number): number => events * 0x10000 + flags + CHANGED;

it('a card that is seen going in has an insertion, one that was in before has none', () => {
  const table = new SlotTable();
  table.changed('a', state(EMPTY, 4));
  table.changed('b', state(PRESENT, 3));
  expect(table.list()).toEqual([
    { name: 'a', isPresent: false, isMute: false, insertion: null, order: 0 },
    { name: 'b', isPresent: true, isMute: false, insertion: null, order: 0 },
  ]);
  table.changed('a', state(PRESENT, 5));
  expect(table.get('a')).toMatchObject({ isPresent: true, insertion: '1.5', order: 1 });
});

it.each<[string, number[], string | null]>([
  ['stays the same while somebody uses it', [EMPTY, state(PRESENT, 1), state(PRESENT + IN_USE, 1)], '1.1'],
  ['is another after it was out', [EMPTY, state(PRESENT, 1), state(EMPTY, 2), state(PRESENT, 3)], '2.3'],
  ['is another when it was swapped between two events', [EMPTY, state(PRESENT, 1), state(PRESENT, 3)], '2.3'],
  ['that was in before is another when it was swapped', [state(PRESENT, 1), state(PRESENT, 3)], '1.3'],
  ['that was in before stays the one from before', [state(PRESENT, 1), state(PRESENT + IN_USE, 1)], null],
  ['is none when it is out', [EMPTY, state(PRESENT, 1), state(EMPTY, 2)], null],
  ['counts beyond 32,767 events', [EMPTY, state(PRESENT, 0xffff)], '1.65535'],
])('a card %s', (_, events, insertion) => {
  const table = new SlotTable();
  for (const event of events) table.changed('a', event);
  expect(table.get('a')?.insertion).toBe(insertion);
});

it('a card that gives no sign of life', () => {
  const table = new SlotTable();
  table.changed('a', state(PRESENT + MUTE, 1));
  expect(table.get('a')).toMatchObject({ isPresent: true, isMute: true });
  table.changed('a', state(EMPTY, 2));
  expect(table.get('a')).toMatchObject({ isPresent: false, isMute: false });
});

it('a reader that was pulled out and put back counts from the start again, and its card may have been in before', () => {
  const table = new SlotTable();
  table.changed('a', state(EMPTY, 0));
  table.changed('a', state(PRESENT, 1));
  table.left('a');
  expect(table.list()).toEqual([]);
  table.changed('a', state(PRESENT, 1));
  expect(table.get('a')).toMatchObject({ insertion: null });
});

it('no two insertions are ever the same, and the newest has the highest order', () => {
  const event = fc.record({
    reader: fc.constantFrom('a', 'b', 'c'),
    what: fc.constantFrom('in', 'out', 'unplugged', 'touched'),
  });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), (all) => {
      const table = new SlotTable();
      // what really lies in each reader, and how often something happened to it
      const real = new Map<string, { isIn: boolean; events: number }>();
      const seen = new Set<string>();
      let newest = 0;
      for (const { reader, what } of all) {
        const slot = real.get(reader) ?? { isIn: false, events: 0 };
        const isKnown = real.has(reader);
        if (what === 'unplugged') {
          real.delete(reader);
          table.left(reader);
          continue;
        }
        const isIn = what === 'touched' ? slot.isIn : what === 'in';
        // a card that goes in where one is: that one went out first
        const events = slot.events + (what === 'touched' || isIn === slot.isIn ? 0 : 1);
        const swapped = what === 'in' && slot.isIn ? events + 2 : events;
        real.set(reader, { isIn, events: swapped });
        table.changed(reader, state(isIn ? PRESENT : EMPTY, swapped));
        const { insertion = null, order = 0 } = table.get(reader) ?? {};
        if (what === 'in' && isKnown) {
          expect(insertion).not.toBeNull();
          expect(seen.has(`${insertion}`)).toBe(false);
          seen.add(`${insertion}`);
          expect(order).toBeGreaterThan(newest);
          newest = order;
        }
      }
    }),
  );
});
