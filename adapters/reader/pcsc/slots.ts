/**
 * The readers and their cards, from the events of PC/SC. The upper half of each state is PC/SC's count of cards that
 * went in or out of that reader: two cards swapped between two events differ by it.
 */

import type { SlotReport } from './messages.ts';

/** Bits of a state, the same on pcsc-lite and Windows. */
const PRESENT = 0x20;
const MUTE = 0x200;

interface Slot extends SlotReport {
  events: number;
}

export class SlotTable {
  readonly #slots = new Map<string, Slot>();
  #order = 0;

  /** @param state as SCardGetStatusChange gives it */
  changed(name: string, state: number): void {
    const before = this.#slots.get(name);
    const isPresent = (state & PRESENT) !== 0;
    const isMute = isPresent && (state & MUTE) !== 0;
    const events = state >>> 16;
    const isSame = before?.isPresent === true && isPresent && before.events === events;
    const card = isSame ? before : this.#cardIn(before !== undefined && isPresent, events);
    this.#slots.set(name, {
      ...{ name, isPresent, isMute, events },
      ...{ insertion: card.insertion, order: card.order },
    });
  }

  /** A card that lies in a reader at its first event may have been there for long. */
  #cardIn(isSeen: boolean, events: number): Pick<Slot, 'insertion' | 'order'> {
    if (!isSeen) return { insertion: null, order: 0 };
    this.#order += 1;
    return { insertion: `${this.#order}.${events}`, order: this.#order };
  }

  /** The reader is unplugged. */
  left(name: string): void {
    this.#slots.delete(name);
  }

  get(name: string): SlotReport | undefined {
    return this.#slots.get(name);
  }

  list(): SlotReport[] {
    return Array.from(this.#slots.values(), ({ events: _, ...slot }) => slot);
  }
}
