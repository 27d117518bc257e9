/** Card reads: stored once each, found again by person and day. */

import type { Kysely } from 'kysely';
import type { Instant, ServiceDate } from '../src/domain/bangkok.ts';
import { type CardRead, isOwnCard, READ_KINDS } from '../src/domain/card-read.ts';
import type { CitizenId } from '../src/domain/citizen-id.ts';
import type { Ledger } from '../src/service/ports/ledger.ts';
import { changeOne, type Engine } from './engine.ts';
import { fromJson } from './json.ts';
import { inBrackets } from './main-inscl.ts';
import type { PhotoStore } from './photos.ts';
import { prepared } from './prepared.ts';
import type { CardReadRow, Tables } from './tables.ts';

const OWN_CARD = READ_KINDS.filter(isOwnCard);

type CardReads = Pick<
  Ledger,
  'addCardRead' | 'cardRead' | 'readsOfPerson' | 'cardsReadAt' | 'pidsWithUnpairedReads'
>;

/** `photos`: where the photo of a read goes. */
export function cardReads(engine: Engine, photos: Pick<PhotoStore, 'addWith'>): CardReads {
  const queries = cardReadQueries(engine.db);
  return {
    addCardRead(read, photo) {
      const insert = queries.insert(toRow(read));
      if (photo !== undefined) return photos.addWith(insert, read, photo);
      return engine.write(function* () {
        return (yield* changeOne(insert)) === 1;
      });
    },

    async cardRead(id) {
      const [row] = await engine.read(queries.byId({ id }));
      return row === undefined ? null : fromRow(row);
    },

    async readsOfPerson(hcode, pid, serviceDate) {
      const rows = await engine.read(queries.ofPerson({ hcode, pid, serviceDate }));
      return rows.map(fromRow).sort((a, b) => a.readAt - b.readAt || (a.id < b.id ? -1 : 1));
    },

    async cardsReadAt(hcode, stationId, since) {
      const rows = await engine.read(queries.atStation({ hcode, stationId, since }));
      return rows.map(fromRow);
    },

    async pidsWithUnpairedReads(hcode, serviceDate) {
      return (await engine.read(queries.unpaired({ hcode, serviceDate }))).map((r) => r.pid);
    },
  };
}

function cardReadQueries(db: Kysely<Tables>) {
  return {
    insert: prepared((v: CardReadRow) =>
      db
        .insertInto('card_read')
        .values({
          id: v.id,
          hcode: v.hcode,
          station_id: v.station_id,
          pid: v.pid,
          read_at: v.read_at,
          service_date: v.service_date,
          kind: v.kind,
          correlation_id: v.correlation_id,
          claim_types: v.claim_types,
          nhso_right: v.nhso_right,
          main_inscl: v.main_inscl,
          person: v.person,
          received_at: v.received_at,
          paired_vn: v.paired_vn,
          phone: v.phone,
          certifier: v.certifier,
        })
        .onConflict((conflict) => conflict.column('id').doNothing()),
    ),
    byId: prepared((v: { id: string }) => db.selectFrom('card_read').selectAll().where('id', '=', v.id)),
    // sorted here and not there, as in `cases.ts`
    ofPerson: prepared((v: { hcode: string; pid: string; serviceDate: ServiceDate }) =>
      db
        .selectFrom('card_read')
        .selectAll()
        .where('pid', '=', v.pid)
        .where('service_date', '=', v.serviceDate)
        .where('hcode', '=', v.hcode),
    ),
    atStation: prepared((v: { hcode: string; stationId: string; since: Instant }) =>
      db
        .selectFrom('card_read')
        .selectAll()
        .where('station_id', '=', v.stationId)
        .where('hcode', '=', v.hcode)
        .where('read_at', '>=', v.since)
        .where('kind', 'in', OWN_CARD)
        .orderBy('read_at', 'desc')
        .limit(20),
    ),
    unpaired: prepared((v: { hcode: string; serviceDate: ServiceDate }) =>
      db
        .selectFrom('card_read')
        .select('pid')
        .distinct()
        .where('hcode', '=', v.hcode)
        .where('service_date', '=', v.serviceDate)
        .where('paired_vn', 'is', null),
    ),
  };
}

function toRow(read: CardRead): CardReadRow {
  return {
    id: read.id,
    hcode: read.hcode,
    station_id: read.stationId,
    pid: read.pid,
    read_at: read.readAt,
    service_date: read.serviceDate,
    kind: read.kind,
    correlation_id: read.correlationId,
    claim_types: JSON.stringify(read.claimTypes),
    nhso_right: read.right === null ? null : JSON.stringify(read.right),
    main_inscl: inBrackets(read.right?.mainInscl ?? null),
    person: JSON.stringify(read.person),
    received_at: read.receivedAt,
    paired_vn: read.pairedVn,
    phone: read.phone,
    certifier: read.certifier === null ? null : JSON.stringify(read.certifier),
  };
}

function fromRow(row: CardReadRow): CardRead {
  return {
    id: row.id,
    hcode: row.hcode,
    stationId: row.station_id,
    pid: row.pid as CitizenId,
    readAt: row.read_at,
    serviceDate: row.service_date as ServiceDate,
    kind: row.kind as CardRead['kind'],
    correlationId: row.correlation_id,
    claimTypes: fromJson(row.claim_types),
    right: row.nhso_right === null ? null : fromJson(row.nhso_right),
    person: fromJson(row.person),
    receivedAt: row.received_at,
    phone: row.phone,
    certifier: row.certifier === null ? null : fromJson(row.certifier),
    pairedVn: row.paired_vn,
  };
}
