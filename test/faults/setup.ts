/** What the hospital of a run is made of. */

export type AgentWay = 'direct' | 'reader';

export interface Setup {
  his: 'mariadb' | 'mariadb-myisam' | 'postgres';
  queue: 'redis' | 'postgres' | 'embedded';
  ledger: 'sqlite' | 'postgres';
  bridges: 1 | 2;
  counters: 1 | 2;
  /** How the bridge calls each counter's agent: itself, or over the line of the reader there, as it does not reach it. */
  agents: readonly AgentWay[];
  /** Midnight (Asia/Bangkok) falls into the day of the run. */
  midnight: boolean;
  /** Calls a second of each bridge to NHSO, at most; 0: no limit. */
  ratePerSecond: number;
  /** Codes that NHSO gives a person for a day and claim type; null: as many as are asked for. */
  codesPerDay: 1 | null;
}
