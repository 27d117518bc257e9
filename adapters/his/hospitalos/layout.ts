/**
 * HospitalOS's tables. The names that the adapter uses stand here and nowhere else. Versions differ in more than columns:
 * the time of a visit is a text with a Buddhist year in most, a timestamp in newer ones, and the key of
 * `t_nhso_authencode` is met under two names.
 */

import { type Catalog, readCatalog } from '../sql/catalog.ts';
import type { SqlDatabase } from '../sql/database.ts';
import { complete, Layout, tablesOf } from '../sql/layout.ts';
import { type Details, type Kind, readDetails } from './column-details.ts';

/** The table that takes the code. */
export const CODES = 't_nhso_authencode';

/** Without these no visit can be told. The code's table also needs its key, under either of its names. */
export const REQUIRED = {
  t_visit: [
    't_visit_id',
    'visit_vn',
    'visit_hn',
    't_patient_id',
    'f_visit_type_id',
    'f_visit_status_id',
    'visit_begin_visit_time',
  ],
  t_patient: ['t_patient_id', 'patient_pid', 'patient_firstname', 'patient_lastname'],
  t_nhso_authencode: ['vn', 'claim_type', 'claim_code', 'delete_date_time'],
} as const;

/** Used where present. */
export const OPTIONAL = {
  t_visit: ['visit_an', 'visit_record_date_time', 'visit_ipd_authen_code'],
  t_patient: [
    'patient_birthday',
    'f_sex_id',
    'f_patient_nation_id',
    'f_patient_prefix_id',
    'patient_patient_mobile_phone',
    'patient_phone_number',
  ],
  t_nhso_authencode: [
    't_nhso_authencode_id',
    'id',
    'hn',
    'pid',
    'mobile',
    'correlation_id',
    'created_date',
    'authen_from',
    'record_date_time',
    'user_record_id',
    'user_delete_id',
  ],
  f_patient_prefix: ['f_patient_prefix_id', 'patient_prefix_description'],
  t_visit_payment: [
    't_visit_id',
    'b_contract_plans_id',
    'visit_payment_priority',
    'visit_payment_active',
    'visit_payment_main_hospital',
    'visit_payment_sub_hospital',
  ],
  b_contract_plans: ['b_contract_plans_id', 'contract_plans_description', 'r_rp1853_instype_id'],
  b_map_rp1853_instype: ['b_contract_plans_id', 'r_rp1853_instype_id'],
  r_rp1853_instype: ['id', 'maininscl'],
  b_site: ['b_visit_office_id'],
} as const;

export const TABLES = tablesOf({ required: REQUIRED, optional: OPTIONAL });

/** The names under which the key of {@link CODES} is met, in the order in which they are looked for. */
const KEYS = ['t_nhso_authencode_id', 'id'] as const;

export class HospitalOsLayout extends Layout {
  readonly #details: Details;

  constructor(catalog: Catalog, details: Details) {
    super(catalog, { required: REQUIRED, optional: OPTIONAL });
    this.#details = details;
  }

  /** Whether the column holds a text or a moment. */
  kindOf(table: string, column: string): Kind {
    return this.#details.kindOf(table, column);
  }

  /** The key of {@link CODES}; null when it has neither name. */
  get key(): string | null {
    return KEYS.find((name) => this.has(CODES, name)) ?? null;
  }

  /** Whether the database gives a new row of {@link CODES} its key by itself. */
  get makesKeys(): boolean {
    return this.key !== null && this.#details.hasDefault(CODES, this.key);
  }

  /** Columns of {@link CODES} that a new row must fill, whoever may see them. */
  get mustFill(): readonly string[] {
    return this.#details.mustFill(CODES);
  }

  override missing(): string[] {
    const missing = super.missing();
    if (!this.hasTable(CODES) || this.key !== null) return missing;
    return [...missing, KEYS.map((name) => `${CODES}.${name}`).join(' or ')];
  }

  /** Of the two names of the key one is enough. */
  override absent(): string[] {
    return super.absent().filter((name) => !KEYS.some((key) => name === `${CODES}.${key}`));
  }
}

/** As far as the account can see it. */
export async function seeLayout(db: SqlDatabase): Promise<HospitalOsLayout> {
  return new HospitalOsLayout(await readCatalog(db, TABLES), await readDetails(db, ['t_visit', CODES]));
}

/** Throws `his-schema` when something required is missing or may not be read. */
export async function readLayout(db: SqlDatabase): Promise<HospitalOsLayout> {
  return complete(await seeLayout(db), 'HospitalOS');
}
