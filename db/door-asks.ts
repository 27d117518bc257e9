/** What clients of the drop-in agent API have asked for: one row a person, hospital, day and claim type. */

import { randomBytes } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import { z } from 'zod';
import {
  addDays,
  endOfServiceDate,
  type Instant,
  type ServiceDate,
  serviceDateOf,
  startOfServiceDate,
} from '../src/domain/bangkok.ts';
import type { AskKey, AskState, DoorAsk, OpenAsk } from '../src/domain/door-ask.ts';
import { LOOKUPS_AT_MOST } from '../src/domain/machine/lost-answer.ts';
import type { DoorAsks } from '../src/service/ports/door-asks.ts';
import { checkLimit, fromMark, pageOf, sortsAfter, toMark } from './cursor.ts';
import { ask, changeOne, type Engine } from './engine.ts';
import { alreadyAsked } from './errors.ts';
import { fromJson } from './json.ts';
import { prepared } from './prepared.ts';
import type { DoorAskTable, Tables } from './tables.ts';

/** Cases that may still take a code, by state and without one; which of them does, the domain says. */
const LACKING = ['awaiting-card', 'ready', 'drafted', 'offline', 'needs-staff', 'expired'];

/** Newest first. A citizen id must not stand in a page mark: it is part of an address. */
const LISTING = ['service_date', 'asked_at', 'id'] as const;
const LISTING_KEY = [z.string(), z.number(), z.string()] as const;

/** Word for word as in the indexes: SQLite matches them by their text. */
const OPEN = sql<boolean>`state in ('asking', 'lost', 'issued')`;

export function doorAsks(engine: Engine): DoorAsks {
  const { db } = engine;
  const queries = doorAskQueries(db);
  return {
    async find(key) {
      const [row] = await engine.read(queries.byKey(key));
      return row === undefined ? null : fromRow(row);
    },

    async ofPerson(hcode, pid, serviceDate) {
      return (await engine.read(queries.ofPerson({ hcode, pid, serviceDate }))).map(fromRow);
    },

    begin(next) {
      const { hcode, pid, serviceDate, claimType } = next;
      const id = randomBytes(16).toString('hex');
      const put = queries.begin({ ...toRow(next), id, from: next.version - 1 });
      // asked after the row was written, and so after whoever wrote it before has ended
      const key = { hcode, pid, serviceDate, claimType };
      const day = { from: startOfServiceDate(serviceDate), to: endOfServiceDate(serviceDate) };
      const others = [queries.asker(key), queries.holder({ ...key, ...day })];
      return engine.write(function* () {
        if ((yield* changeOne(put)) === 0) return false;
        if ((yield* ask(others)).length > 0)
          throw alreadyAsked('a visit of the same person, day and claim type has asked, or holds the code');
        return true;
      });
    },

    async put(next) {
      const put = queries.put({ ...toRow(next), from: next.version - 1 });
      return (await engine.write(() => changeOne(put))) === 1;
    },

    async due(now: Instant, limit: number) {
      return (await engine.read(queries.due({ now, limit: checkLimit(limit) }))).map(fromRow);
    },

    async fromAhead(now, aheadMs, limit) {
      // one that was ahead has not asked for a day before
      const since = addDays(serviceDateOf(now), -1);
      const asked = { after: now + aheadMs, since, limit: checkLimit(limit) };
      return (await engine.read(queries.fromAhead(asked))).map(fromRow);
    },

    async wanted(serviceDate, limit) {
      const rows = await engine.read(queries.wanted({ serviceDate, limit: checkLimit(limit) }));
      return rows.map(fromRow);
    },

    async list({ hcode, serviceDate, needsPerson }, page) {
      const limit = checkLimit(page.limit);
      const after = page.after === undefined ? null : fromMark(page.after, 'client-asks', LISTING_KEY);
      const query = db
        .selectFrom('door_ask')
        .selectAll()
        .where(OPEN)
        .$if(hcode !== undefined, (q) => q.where('hcode', '=', hcode ?? ''))
        .$if(serviceDate !== undefined, (q) => q.where('service_date', '=', serviceDate ?? ''))
        .$if(needsPerson === true, (q) => q.where(NEEDS_PERSON))
        .$if(after !== null, (q) => q.where(sortsAfter(LISTING, after ?? [], 'desc')))
        .orderBy('service_date', 'desc')
        .orderBy('asked_at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit + 1);
      return pageOf(
        await engine.read(query.compile()),
        limit,
        (row) => ({ id: row.id, ask: fromRow(row) as OpenAsk }),
        (row) =>
          toMark(
            'client-asks',
            LISTING.map((c) => row[c]),
          ),
      );
    },
  };
}

/** As `needsPerson` of `src/domain/door-ask.ts` has it, of those that are listed. */
const NEEDS_PERSON = sql<boolean>`(candidates <> '[]'
  or (state = 'lost' and (look_at is null or empty_lookups >= ${LOOKUPS_AT_MOST})))`;

/** The row is named once, when it is begun. */
type Put = Omit<DoorAskTable, 'id'> & { from: number };
type Begin = Put & Pick<DoorAskTable, 'id'>;

function doorAskQueries(db: Kysely<Tables>) {
  const asks = () => db.selectFrom('door_ask');
  const values = (v: Omit<DoorAskTable, 'id'>): Omit<DoorAskTable, 'id'> => ({
    ...{ pid: v.pid, service_date: v.service_date, claim_type: v.claim_type, hcode: v.hcode },
    ...{ version: v.version, state: v.state, vn: v.vn, actor: v.actor, station_id: v.station_id },
    ...{ correlation_id: v.correlation_id, asked_at: v.asked_at, look_at: v.look_at },
    ...{ empty_lookups: v.empty_lookups, sought_in: v.sought_in },
    ...{ claim_code: v.claim_code, issued_at: v.issued_at, candidates: v.candidates },
    updated_at: v.updated_at,
  });
  const waiting = sql<boolean>`door_ask.state in ('lost', 'issued')`;
  return {
    byKey: prepared((v: AskKey) =>
      asks()
        .selectAll()
        .where('pid', '=', v.pid)
        .where('service_date', '=', v.serviceDate)
        .where('claim_type', '=', v.claimType)
        .where('hcode', '=', v.hcode),
    ),
    ofPerson: prepared((v: { hcode: string; pid: string; serviceDate: ServiceDate }) =>
      asks()
        .selectAll()
        .where('pid', '=', v.pid)
        .where('service_date', '=', v.serviceDate)
        .where('hcode', '=', v.hcode)
        .where('state', 'in', ['asking', 'lost', 'issued']),
    ),
    begin: prepared((v: Begin) =>
      db
        .insertInto('door_ask')
        .values({ ...values(v), id: v.id })
        .onConflict((row) =>
          row
            .columns(['pid', 'service_date', 'claim_type', 'hcode'])
            .doUpdateSet((eb) => ({
              id: eb.ref('excluded.id'),
              version: eb.ref('excluded.version'),
              state: eb.ref('excluded.state'),
              vn: eb.ref('excluded.vn'),
              actor: eb.ref('excluded.actor'),
              station_id: eb.ref('excluded.station_id'),
              correlation_id: eb.ref('excluded.correlation_id'),
              asked_at: eb.ref('excluded.asked_at'),
              look_at: eb.ref('excluded.look_at'),
              empty_lookups: eb.ref('excluded.empty_lookups'),
              sought_in: eb.ref('excluded.sought_in'),
              claim_code: eb.ref('excluded.claim_code'),
              issued_at: eb.ref('excluded.issued_at'),
              candidates: eb.ref('excluded.candidates'),
              updated_at: eb.ref('excluded.updated_at'),
            }))
            .where('door_ask.version', '=', v.from)
            .where('door_ask.state', 'in', ['free', 'case']),
        ),
    ),
    put: prepared((v: Put) =>
      db
        .updateTable('door_ask')
        .set(values(v))
        .where('pid', '=', v.pid)
        .where('service_date', '=', v.service_date)
        .where('claim_type', '=', v.claim_type)
        .where('hcode', '=', v.hcode)
        .where('version', '=', v.from),
    ),
    asker: prepared((v: AskKey) =>
      db
        .selectFrom('visit_case')
        .select('vn')
        .where('hcode', '=', v.hcode)
        .where('pid', '=', v.pid)
        .where('service_date', '=', v.serviceDate)
        .where('claim_type', '=', v.claimType)
        .where('asked_at', 'is not', null),
    ),
    /** A code that came without being asked for from here, and perhaps a moment ago: as `doorStanding` has it. */
    holder: prepared((v: AskKey & { from: Instant; to: Instant }) =>
      db
        .selectFrom('visit_case')
        .select('vn')
        .where('hcode', '=', v.hcode)
        .where('pid', '=', v.pid)
        .where('service_date', '=', v.serviceDate)
        .where('code_source', '<>', 'his')
        .where((eb) => eb(eb.fn.coalesce('code_claim_type', 'claim_type'), '=', v.claimType))
        .where('code_issued_at', '>=', v.from)
        .where('code_issued_at', '<', v.to),
    ),
    due: prepared((v: { now: number; limit: number }) =>
      asks().selectAll().where(OPEN).where('look_at', '<=', v.now).orderBy('look_at').limit(v.limit),
    ),
    fromAhead: prepared((v: { after: number; since: ServiceDate; limit: number }) =>
      asks()
        .selectAll()
        .where(OPEN)
        .where('service_date', '>=', v.since)
        .where('updated_at', '>', v.after)
        .limit(v.limit),
    ),
    wanted: prepared((v: { serviceDate: ServiceDate; limit: number }) =>
      asks()
        .selectAll('door_ask')
        .where(waiting)
        .where('door_ask.service_date', '=', v.serviceDate)
        .where((eb) =>
          eb.exists(
            eb
              .selectFrom('visit_case')
              .select('visit_case.vn')
              .whereRef('visit_case.pid', '=', 'door_ask.pid')
              .whereRef('visit_case.service_date', '=', 'door_ask.service_date')
              .whereRef('visit_case.hcode', '=', 'door_ask.hcode')
              .where((or) =>
                or.or([
                  or.and([
                    or('visit_case.claim_code', 'is', null),
                    or('visit_case.asked_at', 'is', null),
                    or('visit_case.state', 'in', LACKING),
                  ]),
                  // while a second one is looked for, it stays where it is
                  or.and([
                    or('visit_case.claim_code', '=', or.ref('door_ask.claim_code')),
                    or('visit_case.state', '<>', 'cancelled'),
                    or('door_ask.look_at', 'is', null),
                  ]),
                ]),
              ),
          ),
        )
        .limit(v.limit),
    ),
  };
}

function toRow(a: DoorAsk): Omit<DoorAskTable, 'id'> {
  return {
    ...{ pid: a.pid, service_date: a.serviceDate, claim_type: a.claimType, hcode: a.hcode },
    ...{ version: a.version, state: a.state, vn: a.vn, actor: a.actor, station_id: a.stationId },
    ...{ correlation_id: a.correlationId, asked_at: a.askedAt, look_at: a.lookAt },
    ...{ empty_lookups: a.emptyLookups, sought_in: a.soughtIn },
    ...{ claim_code: a.claimCode, issued_at: a.issuedAt, candidates: JSON.stringify(a.candidates) },
    updated_at: a.updatedAt,
  };
}

function fromRow(row: DoorAskTable): DoorAsk {
  return {
    ...{ hcode: row.hcode, pid: row.pid, serviceDate: row.service_date as ServiceDate },
    ...{ claimType: row.claim_type, version: row.version, state: row.state as AskState, vn: row.vn },
    ...{ actor: row.actor, stationId: row.station_id, correlationId: row.correlation_id },
    ...{ askedAt: row.asked_at, lookAt: row.look_at, emptyLookups: row.empty_lookups },
    ...{ soughtIn: row.sought_in, claimCode: row.claim_code, issuedAt: row.issued_at },
    candidates: fromJson(row.candidates),
    updatedAt: row.updated_at,
  };
}
