/** Cards read through the real pcscd. */

import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { PcscCardSource } from '../../../../adapters/reader/pcsc/source.ts';
import { type InsertOrder, inventedPhoto } from '../../../../simulators/thai-card/orders.ts';
import { ATR_3B67 } from '../../../../simulators/thai-card/virtual-slot.ts';
import { describeWithPcscd, VirtualReaders } from '../../../support/pcscd/pcscd.ts';
import { sampleCitizenId } from '../../../support/samples.ts';
import { cardIn, cardOut, openSource, SLOT_0, SLOT_1, seen } from './support.ts';

describeWithPcscd('a card in a reader that is driven directly', () => {
  let readers: VirtualReaders;
  let source: PcscCardSource;

  beforeAll(async () => {
    readers = await VirtualReaders.open(1);
  });
  afterAll(() => readers.close());
  beforeEach(async () => {
    source = openSource(readers, { readMs: 20_000 });
    await seen(source, 'two empty slots', (slots) => slots.length === 2 && slots.every((s) => !s.isPresent));
  });
  afterEach(async () => {
    for (const slot of [0, 1]) await readers.eject(slot);
    await source.close();
  });

  it('is read in the words of the agent', async () => {
    await readers.insert(0);
    expect(await cardIn(source)).toMatch(/^1\.\d+$/);
    expect(await source.readCardOnly()).toEqual({
      pid: '9000000000012',
      titleName: 'นาย',
      fname: 'สมมุติ',
      lname: 'ทดสอบ',
      birthDate: '1977-04-15',
      sex: 'male',
      nation: null,
    });
    // lies there and is not sat on: nothing more is sent to it
    const sent = await readers.commands(0);
    expect(sent).toBe(14);
    await cardIn(source);
    expect(await readers.commands(0)).toBe(sent);
    await expect(source.read()).rejects.toMatchObject({ code: 'nhso-unavailable', retry: 'no' });
    expect(source).toMatchObject({ name: 'pcsc', asksNhso: false });
  });

  it.each<[string, InsertOrder]>([
    ['61 xx and GET RESPONSE', {}],
    ['data at once', { answers: 'at-once' }],
    ['6C xx first', { answers: 'exact' }],
    ['an ATR that begins with 3B 67, GET RESPONSE with P2 = 1', { getResponseP2: 1, atr: ATR_3B67 }],
    ['100 bytes at a time', { most: 100 }],
    ['a slow chip', { delayMs: 20 }],
  ])('with its photo, when it is asked for: %s', async (_, style) => {
    await readers.insert(0, { ...style, photoBytes: 4_321 });
    await cardIn(source);
    const card = await source.readCard({ withPhoto: true });
    expect(card).toMatchObject({ citizenId: '9000000000012', address: { province: 'จังหวัดสมมุติ' } });
    expect(Buffer.from(card.photo ?? []).equals(inventedPhoto(4_321))).toBe(true);
    expect((await source.readCard()).photo).toBeNull();
  });

  it('is read as well when its photo cannot be', async () => {
    // 14 commands are the text
    await readers.insert(0, { photoBytes: 4_321, wrongSwFrom: { at: 16, sw: '6f00' } });
    await cardIn(source);
    expect(await source.readCard({ withPhoto: true })).toMatchObject({
      citizenId: '9000000000012',
      photo: null,
    });
  });

  it('that answers with other status words is not read this time', async () => {
    await readers.insert(0, { wrongSw: { at: 2, sw: '6982' } });
    await cardIn(source);
    await expect(source.readCardOnly()).rejects.toMatchObject({ code: 'card-unreadable', retry: 'yes' });
    expect(await source.readCardOnly()).toMatchObject({ pid: '9000000000012' });
  });

  it('of another kind is told, and is not tried again', async () => {
    await readers.insert(0, { isOther: true });
    await cardIn(source);
    await expect(source.readCardOnly()).rejects.toMatchObject({ code: 'card-unreadable', retry: 'no' });
  });

  it('that lies upside down is to be turned over, and is read then', async () => {
    await readers.insert(0, { isMute: true });
    await cardIn(source);
    await expect(source.readCardOnly()).rejects.toMatchObject({ code: 'card-mute', retry: 'yes' });
    await readers.eject(0);
    await cardOut(source);
    await readers.insert(0);
    await cardIn(source);
    expect(await source.readCardOnly()).toMatchObject({ pid: '9000000000012' });
  });

  it('pulled out at any moment counts for nothing, and is read when it is back', async () => {
    const pid = sampleCitizenId(7);
    for (const pullAt of [0, 1, 2, 7, 13]) {
      await readers.insert(0, { pullAt });
      await cardIn(source);
      const { code, retry } = await source.readCardOnly().catch((error) => error);
      expect(['no-card', 'card-unreadable']).toContain(code);
      expect(retry).toBe('yes');
      await cardOut(source);
    }
    await readers.insert(0, { holder: { citizenId: pid } });
    await cardIn(source);
    expect(await source.readCardOnly()).toMatchObject({ pid });
  });

  it('swapped while it was read is not taken for the other', async () => {
    const [first, second] = [sampleCitizenId(1), sampleCitizenId(2)];
    await readers.insert(0, { holder: { citizenId: first }, delayMs: 100 });
    await cardIn(source);
    const reading = source.readCardOnly().catch((error) => error);
    await new Promise((resolve) => setTimeout(resolve, 400));
    // quicker than this reader sees: to it nothing was taken out
    await readers.insert(0, { holder: { citizenId: second } });
    expect(await reading).toMatchObject({ name: 'BridgeError', retry: 'yes' });
    await cardIn(source);
    expect(await source.readCardOnly()).toMatchObject({ pid: second });
  });

  it('put in after another is another insertion, and the same one again is too', async () => {
    const insertions = new Set<string | null>();
    for (const n of [1, 2, 2]) {
      await readers.insert(0, { holder: { citizenId: sampleCitizenId(n) } });
      insertions.add(await cardIn(source));
      await source.readCardOnly();
      expect(await cardIn(source)).toBe([...insertions].at(-1));
      await readers.eject(0);
      await cardOut(source);
    }
    expect(insertions.size).toBe(3);
    expect(insertions).not.toContain(null);
  });

  it('of two in two readers the one that went in last is read', async () => {
    const [first, second, third] = [1, 2, 3].map(sampleCitizenId);
    const into = async (slot: number, citizenId: string | undefined): Promise<void> => {
      await readers.insert(slot, { holder: citizenId === undefined ? {} : { citizenId } });
      await cardIn(source, slot === 0 ? SLOT_0 : SLOT_1);
    };
    await into(1, first);
    await into(0, second);
    expect(await source.readCardOnly()).toMatchObject({ pid: second });
    await readers.eject(1);
    await cardOut(source, SLOT_1);
    await into(1, third);
    expect(await source.readCardOnly()).toMatchObject({ pid: third });
    await readers.eject(1);
    await cardOut(source, SLOT_1);
    expect(await source.readCardOnly()).toMatchObject({ pid: second });
  });

  it('no card, or none any more', async () => {
    await expect(source.readCardOnly()).rejects.toMatchObject({ code: 'no-card', retry: 'yes' });
  });

  it('reads that are asked for at once are done one after the other', async () => {
    await readers.insert(0);
    await cardIn(source);
    const cards = await Promise.all([1, 2, 3].map(() => source.readCardOnly()));
    expect(cards.map((card) => card.pid)).toEqual(Array(3).fill('9000000000012'));
    expect(await readers.commands(0)).toBe(3 * 14);
  });
});
