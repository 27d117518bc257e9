/** What may be wrong with a card, whatever lies on it. */

import type { Chip } from './card.ts';

export interface CardFaults {
  /** Before each answer, ms. A real chip takes about 20. */
  delayMs?: number;
  /** Pulled out at this command, counted from 0. */
  pullAt?: number;
  /** From this command on it gives no answer at all. */
  silentFrom?: number;
  /** Answers this command with these status words, hexadecimal. */
  wrongSw?: { at: number; sw: string };
  /** The other way for every command from this one on, for a card that is damaged in its photo area, say. */
  wrongSwFrom?: { at: number; sw: string };
}

export class FaultyCard implements Chip {
  readonly #chip: Chip;
  readonly #faults: CardFaults;

  constructor(chip: Chip, faults: CardFaults) {
    this.#chip = chip;
    this.#faults = faults;
  }

  get commands(): number {
    return this.#chip.commands;
  }

  async transmit(apdu: Uint8Array): Promise<Uint8Array> {
    const at = this.#chip.commands;
    const { delayMs = 0, pullAt, silentFrom, wrongSw, wrongSwFrom } = this.#faults;
    const answer = await this.#chip.transmit(apdu);
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
    if (pullAt !== undefined && at >= pullAt) return new Uint8Array(0);
    if (silentFrom !== undefined && at >= silentFrom) return new Promise(() => undefined);
    if (wrongSw?.at === at) return Uint8Array.from(Buffer.from(wrongSw.sw, 'hex'));
    if (wrongSwFrom !== undefined && at >= wrongSwFrom.at) {
      return Uint8Array.from(Buffer.from(wrongSwFrom.sw, 'hex'));
    }
    return answer;
  }

  reset(): void {
    this.#chip.reset();
  }
}
