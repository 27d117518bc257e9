import { describe, expect, it } from 'vitest';
import type { Transmit } from '../../../../adapters/reader/thai-card/apdu.ts';
import { readThaiCard } from '../../../../adapters/reader/thai-card/read-card.ts';
import { type CardStyle, VirtualThaiCard } from '../../../../simulators/thai-card/card.ts';
import { type CardHolder, cardHolder, memoryOf } from '../../../../simulators/thai-card/memory.ts';

function inserted(holder: Partial<CardHolder> = {}, style: CardStyle = {}): VirtualThaiCard {
  return new VirtualThaiCard(memoryOf(cardHolder(holder)), style);
}

const over =
  (card: VirtualThaiCard): Transmit =>
  async (apdu) =>
    card.transmit(apdu);

/** A picture of the size that real ones have, with what looks like an end in its middle. */
const FACE = Uint8Array.from({ length: 4_321 }, (_, i) => (i * 7) & 0xff);
FACE.set([0xff, 0xd8], 0);
FACE.set([0xff, 0xd9], 2_000);
FACE.set([0xff, 0xd9], FACE.length - 2);

describe('a Thai national ID card', () => {
  it.each<[string, CardStyle, number[]]>([
    ['keeps its data until it is asked for', {}, [0x3b, 0x79]],
    ['keeps it for a GET RESPONSE with P2 = 1', { getResponseP2: 1 }, [0x3b, 0x67]],
    ['answers at once', { answers: 'at-once' }, []],
    ['wants the exact length', { answers: 'exact' }, []],
    ['gives no more than 100 bytes a command', { most: 100 }, []],
    ['gives one byte a command, at once', { most: 1, answers: 'at-once' }, []],
  ])('is read whole when it %s', async (_, style, atr) => {
    const card = inserted({ photo: FACE }, style);
    const read = await readThaiCard(over(card), { atr: Uint8Array.from(atr), withPhoto: true });
    expect(read).toMatchObject({
      citizenId: '9000000000012',
      thaiName: { title: 'นาย', first: 'สมมุติ', middle: null, last: 'ทดสอบ' },
      englishName: { title: 'Mr.', first: 'Sommut', middle: null, last: 'Thotsop' },
      birthDate: '1977-04-15',
      sex: 'male',
      issuer: 'ที่ว่าการอำเภอสมมุติ/จังหวัดสมมุติ',
      issueDate: '2017-01-01',
      expiryDate: '2026-04-14',
      address: {
        house: '99',
        moo: 'หมู่ที่ 1',
        trok: null,
        tambon: 'ตำบลสมมุติ',
        amphoe: 'อำเภอสมมุติ',
        province: 'จังหวัดสมมุติ',
      },
    });
    expect(read.photo).toEqual(FACE);
  });

  it('costs fourteen commands without its photo, which is not read unless it is asked for', async () => {
    const card = inserted({ photo: FACE });
    expect((await readThaiCard(over(card))).photo).toBeNull();
    expect(card.commands).toBe(14);
  });

  it.each<[string, Partial<CardHolder>, object]>([
    ['for life', { expiryDate: '99999999' }, { expiryDate: 'for-life' }],
    ['born in a year of which no more is known', { birthDate: '24700000' }, { birthDate: '1927' }],
    ['born in a month of which no more is known', { birthDate: '24701200' }, { birthDate: '1927-12' }],
    ['a birth date that is none', { birthDate: '25201399' }, { birthDate: null }],
    ['a woman', { sex: '2' }, { sex: 'female' }],
    ['an empty address', { address: '' }, { address: null }],
    ['no English name', { englishName: '' }, { englishName: { first: null, last: null } }],
    ['a middle name', { thaiName: 'นาง#ก#ข#ค' }, { thaiName: { first: 'ก', middle: 'ข', last: 'ค' } }],
  ])('%s', async (_, holder, expected) => {
    expect(await readThaiCard(over(inserted(holder)))).toMatchObject(expected);
  });

  it('a photo is cut at its end, not at blanks, and is none without an end', async () => {
    const blankInside = Uint8Array.of(0xff, 0xd8, 0x20, 0x20, 0xff, 0xd9, 0x20, 0x20, 0x20);
    const cut = inserted({ photo: blankInside });
    expect((await readThaiCard(over(cut), { withPhoto: true })).photo).toEqual(blankInside.slice(0, 6));
    const endless = inserted({ photo: Uint8Array.of(0xff, 0xd8, 1, 2, 3) });
    expect((await readThaiCard(over(endless), { withPhoto: true })).photo).toBeNull();
  });

  it('another kind of card is told, and is not tried again', async () => {
    const card = inserted({}, { isOther: true });
    await expect(readThaiCard(over(card))).rejects.toMatchObject({
      code: 'card-unreadable',
      retry: 'no',
      message: expect.stringContaining('not a Thai national ID card'),
    });
  });

  it('a number that is no citizen id is misread, and is not shown', async () => {
    const wrong = readThaiCard(over(inserted({ citizenId: '9000000000017' })));
    await expect(wrong).rejects.toMatchObject({ code: 'card-unreadable', retry: 'yes' });
    await expect(wrong).rejects.not.toThrow('9000000000017');
  });

  it('pulled out at any command, nothing of it counts', async () => {
    for (let last = 0; last < 14; last++) {
      const card = inserted();
      const pulled: Transmit = async (apdu) =>
        card.commands >= last ? new Uint8Array(0) : card.transmit(apdu);
      await expect(readThaiCard(pulled)).rejects.toMatchObject({ code: 'no-card', retry: 'yes' });
    }
  });

  it('a status word that is not expected is named with its place', async () => {
    const card = inserted();
    const broken: Transmit = async (apdu) =>
      apdu[1] === 0xb0 ? Uint8Array.of(0x69, 0x82) : card.transmit(apdu);
    await expect(readThaiCard(broken)).rejects.toThrow('6982 at 4');
  });
});
