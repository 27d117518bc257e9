/** What clients of the drop-in agent API have asked for: one row a person, hospital, day and claim type. */

import { type Kysely, sql } from 'kysely';
import {
  endOfServiceDate,
  type Instant,
  type ServiceDate,
  startOfServiceDate,
} from '../src/domain/bangkok.ts';
import type { AskKey, AskState, DoorAsk } from '../src/domain/door-ask.ts';
import type { DoorAsks } from '../src/service/ports/door-asks.ts';
import { checkLimit } from './cursor.ts';
import { ask, changeOne, type Engine } from './engine.ts';
import { alreadyAsked } from './errors.ts';
import { prepared } from './prepared.ts';
import type { DoorAskTable, Tables } from './tables.ts';

/** Cases that may still take a code, by state and without one; which of them does, the domain says. */
const LACKING = ['awaiting-card', 'ready', 'drafted', 'offline', 'needs-staff', 'expired'];

export function doorAsks(engine: Engine): DoorAsks {
  const queries = doorAskQueries(engine.db);
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
      const put = queries.begin({ ...toRow(next), from: next.version - 1 });
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

    async wanted(serviceDate, limit) {
      const rows = await engine.read(queries.wanted({ serviceDate, limit: checkLimit(limit) }));
      return rows.map(fromRow);
    },
  };
}

type Put = DoorAskTable & { from: number };

function doorAskQueries(db: Kysely<Tables>) {
  const asks = () => db.selectFrom('door_ask');
  const values = (v: DoorAskTable): DoorAskTable => ({
    ...{ pid: v.pid, service_date: v.service_date, claim_type: v.claim_type, hcode: v.hcode },
    ...{ version: v.version, state: v.state, vn: v.vn, actor: v.actor, station_id: v.station_id },
    ...{ correlation_id: v.correlation_id, asked_at: v.asked_at, look_at: v.look_at },
    ...{ empty_lookups: v.empty_lookups, sought_in: v.sought_in },
    ...{ claim_code: v.claim_code, issued_at: v.issued_at, updated_at: v.updated_at },
  });
  const open = sql<boolean>`door_ask.state in ('lost', 'issued')`;
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
    begin: prepared((v: Put) =>
      db
        .insertInto('door_ask')
        .values(values(v))
        .onConflict((row) =>
          row
            .columns(['pid', 'service_date', 'claim_type', 'hcode'])
            .doUpdateSet((eb) => ({
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
      asks()
        .selectAll()
        // word for word as in the index
        .where(sql<boolean>`state in ('asking', 'lost')`)
        .where('look_at', '<=', v.now)
        .orderBy('look_at')
        .limit(v.limit),
    ),
    wanted: prepared((v: { serviceDate: ServiceDate; limit: number }) =>
      asks()
        .selectAll('door_ask')
        .where(open)
        .where('door_ask.service_date', '=', v.serviceDate)
        .where((eb) =>
          eb.exists(
            eb
              .selectFrom('visit_case')
              .select('visit_case.vn')
              .whereRef('visit_case.pid', '=', 'door_ask.pid')
              .whereRef('visit_case.service_date', '=', 'door_ask.service_date')
              .whereRef('visit_case.hcode', '=', 'door_ask.hcode')
              .where('visit_case.claim_code', 'is', null)
              .where('visit_case.asked_at', 'is', null)
              .where('visit_case.state', 'in', LACKING),
          ),
        )
        .limit(v.limit),
    ),
  };
}

function toRow(a: DoorAsk): DoorAskTable {
  return {
    ...{ pid: a.pid, service_date: a.serviceDate, claim_type: a.claimType, hcode: a.hcode },
    ...{ version: a.version, state: a.state, vn: a.vn, actor: a.actor, station_id: a.stationId },
    ...{ correlation_id: a.correlationId, asked_at: a.askedAt, look_at: a.lookAt },
    ...{ empty_lookups: a.emptyLookups, sought_in: a.soughtIn },
    ...{ claim_code: a.claimCode, issued_at: a.issuedAt, updated_at: a.updatedAt },
  };
}

function fromRow(row: DoorAskTable): DoorAsk {
  return {
    ...{ hcode: row.hcode, pid: row.pid, serviceDate: row.service_date as ServiceDate },
    ...{ claimType: row.claim_type, version: row.version, state: row.state as AskState, vn: row.vn },
    ...{ actor: row.actor, stationId: row.station_id, correlationId: row.correlation_id },
    ...{ askedAt: row.asked_at, lookAt: row.look_at, emptyLookups: row.empty_lookups },
    ...{ soughtIn: row.sought_in, claimCode: row.claim_code, issuedAt: row.issued_at },
    updatedAt: row.updated_at,
  };
}
