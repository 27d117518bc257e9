/** The first ledger. What each index is for stands beside it; `test/db/` asserts that they are used. */

import { type Kysely, sql } from 'kysely';
import { columnTypes, type EngineName, refuseChanges, tableEnd } from './dialect.ts';

/** States in which the hold on a code counts for nothing; a literal, so that both engines can match the partial index. */
const CODE_COUNTS = sql<boolean>`state <> 'cancelled'`;

// biome-ignore lint/suspicious/noExplicitAny: a migration must not follow the tables of today
type Db = Kysely<any>;

export async function up(db: Db, engine: EngineName): Promise<void> {
  const { text, int, sequence } = columnTypes(engine);
  const end = tableEnd(engine);

  await db.schema
    .createTable('visit_case')
    .addColumn('hcode', text, (c) => c.notNull())
    .addColumn('vn', text, (c) => c.notNull())
    .addColumn('hn', text)
    .addColumn('pid', text)
    .addColumn('service_date', text, (c) => c.notNull())
    .addColumn('version', int, (c) => c.notNull().check(sql`version >= 1`))
    .addColumn('state', text, (c) => c.notNull())
    .addColumn('reason', text)
    .addColumn('reason_detail', text)
    .addColumn('candidates', text, (c) => c.notNull())
    .addColumn('visit', text, (c) => c.notNull())
    .addColumn('started_at', int, (c) => c.notNull())
    .addColumn('visit_kind', text, (c) => c.notNull())
    .addColumn('visit_gone', int, (c) => c.notNull().check(sql`visit_gone in (0, 1)`))
    .addColumn('read_id', text)
    .addColumn('read_kind', text)
    .addColumn('read_at', int)
    .addColumn('station_id', text)
    .addColumn('correlation_id', text)
    .addColumn('claim_type', text)
    .addColumn('staff_mobile', text)
    .addColumn('staff_claim_type', text)
    .addColumn('asked_at', int)
    .addColumn('empty_lookups', int, (c) => c.notNull())
    .addColumn('claim_code', text)
    .addColumn('code_claim_type', text)
    .addColumn('code_issued_at', int)
    .addColumn('code_source', text)
    .addColumn('written_at', int)
    .addColumn('next_step', text)
    .addColumn('step_seq', int, (c) => c.notNull())
    .addColumn('due_at', int)
    .addColumn('created_at', int, (c) => c.notNull())
    .addColumn('updated_at', int, (c) => c.notNull())
    // the visit number goes first in every key: a ledger mostly knows one hospital, and an index that begins with it
    // would look useful to SQLite for anything, and find everything
    .addPrimaryKeyConstraint('visit_case_key', ['vn', 'hcode'])
    .modifyEnd(end)
    .execute();

  const index = (name: string, columns: string[]) =>
    db.schema.createIndex(name).on('visit_case').columns(columns);
  // rule 2: a code is on one visit
  await index('visit_case_code', ['claim_code']).unique().where(CODE_COUNTS).execute();
  // rule 1: one visit at a time asks for a person, day and claim type
  await index('visit_case_asked', ['pid', 'service_date', 'claim_type', 'hcode'])
    .unique()
    .where(sql<boolean>`asked_at is not null`)
    .execute();
  // pairing, and FHIR's search by citizen id
  await index('visit_case_person', ['pid', 'service_date', 'hcode']).execute();
  // lists, newest first
  await index('visit_case_listing', ['service_date', 'created_at', 'vn', 'hcode']).execute();
  // the lists of one state, the counts, and what is left over from past days
  await index('visit_case_state', ['state', 'service_date', 'hcode']).execute();
  // the sweep
  await index('visit_case_work', ['service_date', 'vn', 'hcode', 'due_at'])
    .where(sql<boolean>`next_step is not null`)
    .execute();
  // FHIR: a patient's cases, any case with a code or of a draft, when the visit
  // began, what has changed since
  await index('visit_case_patient', ['hn', 'hcode']).execute();
  await index('visit_case_any_code', ['claim_code']).where(sql<boolean>`claim_code is not null`).execute();
  await index('visit_case_correlation', ['correlation_id'])
    .where(sql<boolean>`correlation_id is not null`)
    .execute();
  await index('visit_case_started', ['started_at']).execute();
  await index('visit_case_updated', ['updated_at', 'vn', 'hcode']).execute();

  await db.schema
    .createTable('card_read')
    .addColumn('id', text, (c) => c.primaryKey())
    .addColumn('hcode', text, (c) => c.notNull())
    .addColumn('station_id', text, (c) => c.notNull())
    .addColumn('pid', text, (c) => c.notNull())
    .addColumn('read_at', int, (c) => c.notNull())
    .addColumn('service_date', text, (c) => c.notNull())
    .addColumn('kind', text, (c) => c.notNull())
    .addColumn('correlation_id', text)
    .addColumn('claim_types', text, (c) => c.notNull())
    .addColumn('nhso_right', text)
    .addColumn('main_inscl', text)
    .addColumn('person', text, (c) => c.notNull())
    .addColumn('received_at', int, (c) => c.notNull())
    .addColumn('paired_vn', text)
    .modifyEnd(end)
    .execute();
  await db.schema
    .createIndex('card_read_person')
    .on('card_read')
    .columns(['pid', 'service_date', 'hcode'])
    .execute();
  await db.schema
    .createIndex('card_read_unpaired')
    .on('card_read')
    .columns(['hcode', 'service_date', 'pid'])
    .where(sql<boolean>`paired_vn is null`)
    .execute();

  await db.schema
    .createTable('history')
    .addColumn('seq', int, sequence)
    .addColumn('hcode', text, (c) => c.notNull())
    .addColumn('vn', text, (c) => c.notNull())
    .addColumn('version', int, (c) => c.notNull())
    .addColumn('at', int, (c) => c.notNull())
    .addColumn('actor', text, (c) => c.notNull())
    .addColumn('event', text, (c) => c.notNull())
    .addColumn('from_state', text)
    .addColumn('to_state', text, (c) => c.notNull())
    .addColumn('reason', text)
    .addColumn('detail', text, (c) => c.notNull())
    .addForeignKeyConstraint('history_of_case', ['vn', 'hcode'], 'visit_case', ['vn', 'hcode'])
    .modifyEnd(end)
    .execute();
  await db.schema.createIndex('history_case').on('history').columns(['vn', 'hcode', 'seq']).execute();

  await db.schema
    .createTable('outbox')
    .addColumn('id', int, sequence)
    .addColumn('hcode', text, (c) => c.notNull())
    .addColumn('vn', text, (c) => c.notNull())
    .addColumn('step', text, (c) => c.notNull())
    .addColumn('step_seq', int, (c) => c.notNull())
    .addColumn('service_date', text, (c) => c.notNull())
    .addColumn('due_at', int, (c) => c.notNull())
    .modifyEnd(end)
    .execute();

  await db.schema
    .createTable('patient_moved')
    .addColumn('hn', text, (c) => c.notNull())
    .addColumn('hcode', text, (c) => c.notNull())
    .addColumn('versions', int, (c) => c.notNull())
    .addColumn('moved_at', int, (c) => c.notNull())
    .addPrimaryKeyConstraint('patient_moved_key', ['hn', 'hcode'])
    .modifyEnd(end)
    .execute();

  await db.schema
    .createTable('memory')
    .addColumn('name', text, (c) => c.primaryKey())
    .addColumn('value', text, (c) => c.notNull())
    .modifyEnd(end)
    .execute();

  await db.schema
    .createTable('api_key')
    .addColumn('id', text, (c) => c.primaryKey())
    .addColumn('name', text, (c) => c.notNull())
    .addColumn('hash', text, (c) => c.notNull())
    .addColumn('scopes', text, (c) => c.notNull())
    .addColumn('hcode', text)
    .addColumn('station_id', text)
    .addColumn('created_at', int, (c) => c.notNull())
    .addColumn('revoked_at', int)
    .modifyEnd(end)
    .execute();

  await db.schema
    .createTable('audit')
    .addColumn('seq', int, sequence)
    .addColumn('at', int, (c) => c.notNull())
    .addColumn('actor', text, (c) => c.notNull())
    .addColumn('action', text, (c) => c.notNull())
    .addColumn('resource', text, (c) => c.notNull())
    .modifyEnd(end)
    .execute();

  await refuseChanges(db, engine, 'history');
  await refuseChanges(db, engine, 'audit');
}
