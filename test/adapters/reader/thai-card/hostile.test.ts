/** Whatever a chip answers: the read ends, with a card or with an error of the house. */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Transmit } from '../../../../adapters/reader/thai-card/apdu.ts';
import {
  addressOf,
  birthDateOf,
  dateOf,
  expiryDateOf,
  nameOf,
  photoOf,
  sexOf,
  textOf,
} from '../../../../adapters/reader/thai-card/fields.ts';
import { readThaiCard, type ThaiCard } from '../../../../adapters/reader/thai-card/read-card.ts';
import { VirtualThaiCard } from '../../../../simulators/thai-card/card.ts';
import { cardHolder, memoryOf } from '../../../../simulators/thai-card/memory.ts';
import { isBridgeError } from '../../../../src/domain/bridge-error.ts';
import { parseCitizenId } from '../../../../src/domain/citizen-id.ts';

/** More than this a read of all that a card holds, one byte a command, cannot need. */
const MOST_COMMANDS = 50_000;

const bytes = (maxLength: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength });

/** Answers that lead on: status words that mean something, with whatever before them. */
const answer = fc.oneof(
  bytes(260),
  fc.tuple(bytes(258), fc.constantFrom(0x90, 0x61, 0x6c, 0x6a), fc.nat(255)).map(([data, sw1, sw2]) =>
    // 9000 is what lets a read go on
    Uint8Array.of(...data, sw1, sw1 === 0x90 ? 0 : sw2),
  ),
);

async function ends(transmit: Transmit, withPhoto: boolean, atr: Uint8Array): Promise<ThaiCard | null> {
  let commands = 0;
  const counted: Transmit = async (apdu) => {
    commands += 1;
    if (commands > MOST_COMMANDS) throw new Error('the read does not end');
    expect(apdu.length).toBeLessThan(262);
    return transmit(apdu);
  };
  try {
    const card = await readThaiCard(counted, { withPhoto, atr });
    expect(parseCitizenId(card.citizenId)).toBe(card.citizenId);
    return card;
  } catch (error) {
    if (!isBridgeError(error, 'no-card', 'card-unreadable')) throw error;
    expect(error.message).not.toMatch(/\d{13}/);
    return null;
  }
}

it('answers of any bytes', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(answer, { minLength: 1, maxLength: 40 }),
      fc.boolean(),
      bytes(33),
      async (all, photo, atr) => {
        let at = 0;
        await ends(async () => all[at++ % all.length] ?? new Uint8Array(0), photo, atr);
      },
    ),
    { numRuns: 3_000 },
  );
});

it('a card whose memory holds any bytes', async () => {
  const style = fc.record({
    answers: fc.constantFrom('response' as const, 'at-once' as const, 'exact' as const),
    most: fc.integer({ min: 1, max: 255 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ minLength: 0, maxLength: 6_000 }),
      style,
      fc.boolean(),
      async (noise, how, keepId) => {
        const memory = memoryOf(cardHolder());
        memory.set(noise.subarray(0, memory.length - 17), 17);
        if (!keepId) memory.set(noise.subarray(0, 17), 0);
        const chip = new VirtualThaiCard(memory, how);
        const card = await ends(async (apdu) => chip.transmit(apdu), true, new Uint8Array(0));
        // with a good citizen id everything else may be odd, and the card is read all the same
        if (keepId) expect(card?.citizenId).toBe('9000000000012');
      },
    ),
    { numRuns: 1_000 },
  );
});

it('one byte of one answer changed', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(13), fc.nat(260), fc.nat(255), async (which, where, value) => {
      const chip = new VirtualThaiCard(memoryOf(cardHolder()), {});
      const changed: Transmit = async (apdu) => {
        const good = chip.transmit(apdu).slice();
        if (chip.commands === which + 1) good[where % good.length] = value;
        return good;
      };
      await ends(changed, false, new Uint8Array(0));
    }),
    { numRuns: 3_000 },
  );
});

it('fields of any bytes are a word of the field or nothing', () => {
  fc.assert(
    fc.property(bytes(300), (some) => {
      const decoded = new TextDecoder('windows-874').decode(some);
      expect(textOf(some)).toBe(decoded.replace(/[\p{Cc}\ufffd]/gu, '').trim());
      expect(textOf(some).isWellFormed()).toBe(true);
      expect([null, 'male', 'female']).toContain(sexOf(some));
      for (const date of [birthDateOf(some), dateOf(some)])
        expect(date ?? '2000').toMatch(/^\d{4}(-\d\d){0,2}$/);
      expect(expiryDateOf(some) ?? 'for-life').toMatch(/^(for-life|\d{4}-\d\d-\d\d)$/);
      expect(Object.keys(nameOf(some))).toHaveLength(4);
      addressOf(some);
      const photo = photoOf(some);
      if (photo !== null) expect([...photo.slice(-2)]).toEqual([0xff, 0xd9]);
    }),
    { numRuns: 5_000 },
  );
});
