/** Photos of faces and cards: stored with their read or not at all, sealed, and deleted together with the line that says so. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Case } from '../../../src/domain/case.ts';
import { photoDeleted } from '../../../src/domain/machine/photo.ts';
import type { Ledger } from '../../../src/service/ports/ledger.ts';
import { toCaseChange } from '../../../src/service/update.ts';
import { jpegOf, SMALL_JPEG } from '../../support/jpeg.ts';
import {
  SAMPLE_AT,
  sampleCase,
  sampleCertifiedRead,
  sampleCitizenId,
  samplePhotoRead,
  sampleRead,
} from '../../support/samples.ts';
import { newSite, outcome } from './changes.ts';
import { sampleKey } from './secret-keys.ts';
import type { MakeStore, TestStore } from './store.ts';
import { found } from './tokens.ts';

const DELETE_AT = SAMPLE_AT + 30 * 86_400_000;

export function photosContract(make: MakeStore): void {
  describe('photos', { timeout: 120_000 }, () => {
    let store: TestStore;
    let ledger: Ledger;
    let other: Ledger;
    beforeAll(async () => {
      store = await make();
      const secrets = { key: sampleKey(1) };
      ledger = await store.open({ secrets });
      other = await store.open({ secrets });
    });
    afterAll(() => store.drop());

    const photo = { jpeg: SMALL_JPEG, deleteAt: DELETE_AT };
    /** A read with a photo, of a site of its own. */
    async function stored(hcode: string, deleteAt = DELETE_AT): Promise<string> {
      const id = `photo-${hcode}`;
      expect(await ledger.addCardRead(samplePhotoRead({ id, hcode }), { ...photo, deleteAt })).toBe(true);
      return id;
    }
    const isDue = async (id: string, now: number) =>
      (await ledger.photos.due(now, 500)).filter((due) => due.readId === id);

    test('phone and certifier come back as they were', async () => {
      const hcode = newSite();
      const certified = sampleCertifiedRead({ id: `certified-${hcode}`, hcode });
      expect(await ledger.addCardRead(certified)).toBe(true);
      expect(await other.cardRead(certified.id)).toEqual(certified);
    });

    test('a photo is stored with its read, once, and comes back byte by byte', async () => {
      const hcode = newSite();
      const id = `big-${hcode}`;
      const big = { jpeg: jpegOf(1024 * 1024), deleteAt: DELETE_AT };
      const read = samplePhotoRead({ id, hcode });
      expect(await ledger.addCardRead(read, big)).toBe(true);
      expect(await ledger.addCardRead(read, photo)).toBe(false);
      expect(Buffer.from((await other.photos.get(id)) ?? []).equals(big.jpeg)).toBe(true);
      expect(await other.photos.keptUntil(id)).toBe(DELETE_AT);
      expect([await ledger.photos.get('none'), await ledger.photos.keptUntil('none')]).toEqual([null, null]);
    });

    test('a read that was there without one gets none', async () => {
      const hcode = newSite();
      const read = samplePhotoRead({ id: `first-${hcode}`, hcode });
      expect(await ledger.addCardRead(read)).toBe(true);
      expect(await ledger.addCardRead(read, photo)).toBe(false);
      expect(await ledger.photos.get(read.id)).toBeNull();
    });

    test('the table holds no picture, and one that is moved to another read does not open', async () => {
      const [a, b] = [await stored(newSite()), await stored(newSite())];
      const [row] = await store.sql<{ sealed: string }>(
        `select sealed from read_photo where read_id = '${a}'`,
      );
      expect(row?.sealed).toMatch(/^v1:/);
      expect(row?.sealed).not.toContain(SMALL_JPEG.toString('base64url').slice(0, 20));
      await store.sql(
        `update read_photo set sealed = (select sealed from read_photo where read_id = '${a}') where read_id = '${b}'`,
      );
      expect(await outcome(ledger.photos.get(b))).toBe('config');
      expect(await ledger.photos.get(a)).not.toBeNull();
    });

    test('without a key nothing is stored, neither photo nor read', async () => {
      const hcode = newSite();
      const bare = await store.open();
      const read = samplePhotoRead({ id: `bare-${hcode}`, hcode });
      expect(await outcome(bare.addCardRead(read, photo))).toBe('config');
      expect(await bare.cardRead(read.id)).toBeNull();
    });

    test('of a read that was received in the future is kept for less; others keep their days', async () => {
      const hcode = newSite();
      const reads = [SAMPLE_AT, SAMPLE_AT + 5_000_000].map((receivedAt, i) =>
        samplePhotoRead({ id: `redate-${i}-${hcode}`, hcode, receivedAt }),
      );
      const elsewhere = samplePhotoRead({ ...reads[1], id: `redate-2-${hcode}`, hcode: newSite() });
      for (const read of [...reads, elsewhere]) await ledger.addCardRead(read, photo);
      const to = { receivedAfter: SAMPLE_AT + 60_000, deleteAt: DELETE_AT - 1_000 };
      expect(await ledger.photos.redate(hcode, to)).toBe(1);
      expect(await ledger.photos.redate(hcode, to)).toBe(0);
      const kept = [...reads, elsewhere].map(({ id }) => other.photos.keptUntil(id));
      expect(await Promise.all(kept)).toEqual([DELETE_AT, DELETE_AT - 1_000, DELETE_AT]);
    });

    test('is due when its time has come, and goes with the line that says so', async () => {
      const hcode = newSite();
      const id = await stored(hcode);
      expect(await isDue(id, DELETE_AT - 1)).toEqual([]);
      expect(await isDue(id, DELETE_AT)).toEqual([{ readId: id, hcode, isLost: false }]);
      const c: Case = sampleCase({ hcode, vn: `v-${hcode}`, pid: sampleCitizenId(1), version: 1 });
      await ledger.commit([{ next: c, from: null, history: [] }]);
      const told = toCaseChange(c, photoDeleted(c, { readId: id, why: 'kept-long-enough' }, DELETE_AT));
      const stale = { ...told, from: 7, next: { ...told.next, version: 8 } };
      expect(await outcome(ledger.photos.remove(id, [stale]))).toBe('conflict');
      expect(await ledger.photos.get(id), 'it stays with what could not be told').not.toBeNull();
      expect(await ledger.photos.remove(id, [told])).toBe(true);
      expect(await other.photos.remove(id, [told]), 'somebody was first').toBe(false);
      expect(await ledger.photos.get(id)).toBeNull();
      expect(await isDue(id, DELETE_AT)).toEqual([]);
      const lines = await ledger.history(c);
      expect(lines.map((l) => l.event)).toEqual(['photo-deleted']);
    });
  });

  test('a ledger of before there were such reads keeps what it has, and takes them from then on', async () => {
    const store = await make();
    try {
      const secrets = { key: sampleKey(1) };
      const before = await store.open({ secrets });
      const read = sampleRead({ pairedVn: 'v1' });
      const c = sampleCase({ vn: 'v1', readId: read.id, readKind: 'full', staffMobile: '0812345678' });
      await before.addCardRead(read);
      await before.commit([{ next: c, from: null, history: [] }]);
      // as the version before made it, without what came after
      for (const statement of [
        'drop table door_ask',
        'drop table read_photo',
        'drop index card_read_station',
        'alter table card_read drop column phone',
        'alter table card_read drop column certifier',
        'alter table visit_case drop column given_mobile',
        'alter table visit_case drop column recheck_at',
        "delete from kysely_migration where name >= '0007'",
      ]) {
        await store.sql(statement);
      }
      const after = await store.open({ secrets });
      expect(await after.cardRead(read.id)).toEqual(read);
      expect(await after.case(c)).toEqual(c);
      const photo = { jpeg: SMALL_JPEG, deleteAt: DELETE_AT };
      expect(await after.addCardRead(samplePhotoRead(), photo)).toBe(true);
      expect(await after.cardsReadAt(read.hcode, read.stationId, read.readAt)).toEqual([read]);
    } finally {
      await store.drop();
    }
  });

  describe('photos under another key', { timeout: 120_000 }, () => {
    let store: TestStore;
    beforeAll(async () => {
      store = await make();
    });
    afterAll(() => store.drop());

    const both = `${sampleKey(2)}\n${sampleKey(1)}`;

    test('are sealed anew with the tokens, and open under the new key alone', async () => {
      const before = await store.open({ secrets: { key: sampleKey(1) } });
      const photo = { jpeg: SMALL_JPEG, deleteAt: DELETE_AT };
      for (const id of ['a', 'b']) await before.addCardRead(samplePhotoRead({ id }), photo);
      await before.tokens.put('10978', 'uc', 0, found(1));
      const during = await store.open({ secrets: { key: both } });
      expect(await during.tokens.reseal()).toBe(3);
      expect(await during.tokens.reseal()).toBe(0);
      const after = await store.open({ secrets: { key: sampleKey(2) } });
      expect(Buffer.from((await after.photos.get('a')) ?? []).equals(SMALL_JPEG)).toBe(true);
      // who has not heard of the new key can neither read nor store
      expect(await outcome(before.photos.get('a'))).toBe('config');
      expect(await outcome(before.addCardRead(samplePhotoRead({ id: 'c' }), photo))).toBe('config');
      expect(await after.cardRead('c')).toBeNull();
    });

    test('a key that is lost stops everything until it is given up; then its photos are due at once', async () => {
      expect(await outcome((await store.open()).tokens.reseal())).toBe('config');
      const lost = await store.open({ secrets: { key: sampleKey(3) } });
      expect(await outcome(lost.photos.get('a'))).toBe('config');
      const photo = { jpeg: SMALL_JPEG, deleteAt: DELETE_AT };
      expect(await outcome(lost.addCardRead(samplePhotoRead({ id: 'd' }), photo))).toBe('config');
      expect(await lost.tokens.forget()).toBe(3);
      expect([await lost.photos.get('a'), await lost.photos.keptUntil('a')]).toEqual([null, null]);
      expect(await lost.photos.due(SAMPLE_AT, 500)).toEqual([
        { readId: 'a', hcode: '10978', isLost: true },
        { readId: 'b', hcode: '10978', isLost: true },
      ]);
      expect(await lost.addCardRead(samplePhotoRead({ id: 'd' }), photo)).toBe(true);
      expect(await lost.photos.get('d')).not.toBeNull();
      expect(await lost.tokens.forget()).toBe(0);
    });
  });
}
