/** What the hospital of a run is made of. */

export interface Setup {
  his: 'mariadb' | 'mariadb-myisam' | 'postgres';
  queue: 'redis' | 'postgres' | 'embedded';
  ledger: 'sqlite' | 'postgres';
  bridges: 1 | 2;
  counters: 1 | 2;
  /** Midnight (Asia/Bangkok) falls into the day of the run. */
  midnight: boolean;
  /** Codes that NHSO gives a person for a day and claim type; null: as many as are asked for. */
  codesPerDay: 1 | null;
}
