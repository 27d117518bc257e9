/** What a commit of a case writes into `door_ask`: that this case asks now, or has taken over what a client had asked for. */

import type { Kysely } from 'kysely';
import type { AskKey } from '../src/domain/door-ask.ts';
import { prepared } from './prepared.ts';
import type { CaseRow, Tables } from './tables.ts';

export function askMarks(db: Kysely<Tables>) {
  return {
    /** Changes no row while a client's ask stands there. */
    mark: prepared((v: CaseRow) =>
      db
        .insertInto('door_ask')
        .values({
          ...{ pid: v.pid as string, service_date: v.service_date, claim_type: v.claim_type as string },
          ...{ hcode: v.hcode, version: 1, state: 'case', vn: v.vn, actor: 'bridge', station_id: '', id: '' },
          ...{ correlation_id: null, asked_at: v.asked_at as number, look_at: null },
          ...{ empty_lookups: 0, sought_in: 0, claim_code: null, issued_at: null, candidates: '[]' },
          updated_at: v.updated_at,
        })
        .onConflict((row) =>
          row
            .columns(['pid', 'service_date', 'claim_type', 'hcode'])
            .doUpdateSet((eb) => ({
              version: eb('door_ask.version', '+', 1),
              state: eb.ref('excluded.state'),
              vn: eb.ref('excluded.vn'),
              asked_at: eb.ref('excluded.asked_at'),
              updated_at: eb.ref('excluded.updated_at'),
            }))
            .where('door_ask.state', 'in', ['free', 'case']),
        ),
    ),
    take: prepared((v: AskKey & { version: number; vn: string; at: number }) =>
      db
        .updateTable('door_ask')
        .set((eb) => ({
          version: eb('version', '+', 1),
          state: 'case',
          vn: v.vn,
          look_at: null,
          updated_at: v.at,
        }))
        .where('pid', '=', v.pid)
        .where('service_date', '=', v.serviceDate)
        .where('claim_type', '=', v.claimType)
        .where('hcode', '=', v.hcode)
        .where('version', '=', v.version)
        .where('state', 'in', ['lost', 'issued']),
    ),
  };
}
