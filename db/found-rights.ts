/** Rights without a card: one row for a person and day, with NHSO's answer or with the tries that failed. */

import type { Kysely } from 'kysely';
import type { ServiceDate } from '../src/domain/bangkok.ts';
import type { CitizenId } from '../src/domain/citizen-id.ts';
import {
  FARTHEST_TRY_MS,
  type FoundRight,
  GOES_WITHOUT_CARD,
  type RightAnswer,
  type RightSource,
} from '../src/domain/found-right.ts';
import { SET_BACK_MS } from '../src/domain/set-back.ts';
import type { FoundRights, PersonOfDay } from '../src/service/ports/found-rights.ts';
import { chunks } from './chunks.ts';
import { type Commit, checkVersions } from './commit.ts';
import { checkLimit } from './cursor.ts';
import { changeOne, type Engine } from './engine.ts';
import { fromJson } from './json.ts';
import { inBrackets } from './main-inscl.ts';
import { prepared } from './prepared.ts';
import type { FoundRightTable, Tables } from './tables.ts';

/** People in one query. */
const PEOPLE = 200;

export function foundRights(engine: Engine, commit: Commit): FoundRights {
  const { db } = engine;
  const queries = rightQueries(db);
  return {
    async find(people) {
      const wanted = new Set(people.map(keyOf));
      const found: FoundRight[] = [];
      for (const some of chunks(people, PEOPLE)) {
        if (some.length === 0) continue;
        const rows = await engine.read(queries.of(some).compile());
        found.push(...rows.map(fromRow).filter((f) => wanted.has(keyOf(f))));
      }
      return found;
    },

    async due({ hcode, serviceDate, knownSince, now, limit }) {
      const query = queries.due({
        ...{ hcode, serviceDate, limit: checkLimit(limit) },
        ...{ tooYoung: knownSince + 1, tooSoon: now + 1 },
        farthestCase: now + SET_BACK_MS,
        farthestTry: now + FARTHEST_TRY_MS,
      });
      const rows = await engine.read(query);
      return rows.flatMap(({ pid, failures }) =>
        pid === null ? [] : [{ hcode, pid: pid as CitizenId, serviceDate, failures: failures ?? 0 }],
      );
    },

    async answered(found, changes) {
      checkVersions(changes);
      const put = queries.put(toRow(found));
      return engine.write(function* () {
        if ((yield* changeOne(put)) === 0) return false;
        if (changes.length > 0) yield* commit(changes);
        return true;
      });
    },

    async failed({ hcode, pid, serviceDate }, { source, at, failures, nextTryAt, failure }) {
      const put = queries.put({
        ...{ hcode, pid, service_date: serviceDate, source, asked_at: at },
        ...{ answer: null, nhso_right: null, main_inscl: null, person: null },
        ...{ failures, next_try_at: nextTryAt, failure },
      });
      await engine.write(() => changeOne(put));
    },
  };
}

interface DueValues {
  hcode: string;
  serviceDate: ServiceDate;
  /** First instant at which a case has not waited long enough, and at which a try is still put off. */
  tooYoung: number;
  tooSoon: number;
  farthestCase: number;
  farthestTry: number;
  limit: number;
}

function rightQueries(db: Kysely<Tables>) {
  return {
    of: (people: readonly PersonOfDay[]) =>
      db
        .selectFrom('found_right')
        .selectAll()
        .where(
          'pid',
          'in',
          people.map((p) => p.pid),
        )
        .where('service_date', 'in', [...new Set(people.map((p) => p.serviceDate))])
        .where('answer', 'is not', null),

    // an answer stands; what failed makes way for the next try, whatever came of it
    put: prepared((v: FoundRightTable) =>
      db
        .insertInto('found_right')
        .values({
          pid: v.pid,
          service_date: v.service_date,
          hcode: v.hcode,
          source: v.source,
          asked_at: v.asked_at,
          answer: v.answer,
          nhso_right: v.nhso_right,
          main_inscl: v.main_inscl,
          person: v.person,
          failures: v.failures,
          next_try_at: v.next_try_at,
          failure: v.failure,
        })
        .onConflict((row) =>
          row
            .columns(['pid', 'service_date', 'hcode'])
            .doUpdateSet((eb) => ({
              source: eb.ref('excluded.source'),
              asked_at: eb.ref('excluded.asked_at'),
              answer: eb.ref('excluded.answer'),
              nhso_right: eb.ref('excluded.nhso_right'),
              main_inscl: eb.ref('excluded.main_inscl'),
              person: eb.ref('excluded.person'),
              failures: eb.ref('excluded.failures'),
              next_try_at: eb.ref('excluded.next_try_at'),
              failure: eb.ref('excluded.failure'),
            }))
            .where('found_right.answer', 'is', null),
        ),
    ),

    due: prepared((v: DueValues) =>
      db
        .selectFrom('visit_case')
        .leftJoin('found_right', (join) =>
          join
            .onRef('found_right.pid', '=', 'visit_case.pid')
            .onRef('found_right.service_date', '=', 'visit_case.service_date')
            .onRef('found_right.hcode', '=', 'visit_case.hcode'),
        )
        .select((eb) => ['visit_case.pid', eb.fn.max('found_right.failures').as('failures')])
        .where('state', 'in', GOES_WITHOUT_CARD)
        .where('visit_case.service_date', '=', v.serviceDate)
        .where('visit_case.hcode', '=', v.hcode)
        .where('visit_case.pid', 'is not', null)
        .where((eb) => eb.or([eb('read_kind', 'is', null), eb('read_kind', '<>', 'full')]))
        // said as one word: with an "or" SQLite would go by the time, over all visits of the day, and not by the state
        .where((eb) => eb.not(eb.between('created_at', v.tooYoung, v.farthestCase)))
        .where((eb) =>
          eb.or([
            eb('found_right.pid', 'is', null),
            eb.and([eb('answer', 'is', null), eb.not(eb.between('next_try_at', v.tooSoon, v.farthestTry))]),
          ]),
        )
        .groupBy('visit_case.pid')
        .orderBy((eb) => eb.fn.min('created_at'))
        .orderBy('visit_case.pid')
        .limit(v.limit),
    ),
  };
}

function keyOf({ hcode, pid, serviceDate }: PersonOfDay): string {
  return `${hcode}/${pid}/${serviceDate}`;
}

function toRow(found: FoundRight): FoundRightTable {
  const { hcode, pid, serviceDate, source, askedAt, answer, right, person } = found;
  return {
    ...{ hcode, pid, service_date: serviceDate, source, asked_at: askedAt, answer },
    nhso_right: right === null ? null : JSON.stringify(right),
    main_inscl: inBrackets(right?.mainInscl ?? null),
    person: person === null ? null : JSON.stringify(person),
    ...{ failures: 0, next_try_at: null, failure: null },
  };
}

function fromRow(row: FoundRightTable): FoundRight {
  return {
    hcode: row.hcode,
    pid: row.pid as CitizenId,
    serviceDate: row.service_date as ServiceDate,
    answer: row.answer as RightAnswer,
    right: row.nhso_right === null ? null : fromJson(row.nhso_right),
    person: row.person === null ? null : fromJson(row.person),
    source: row.source as RightSource,
    askedAt: row.asked_at,
  };
}
