/**
 * The servers that are measured on: private ones, started from the PATH, so that nobody else's work is in the figures
 * and nothing of anybody's is touched. What cannot be started, or is named by an environment variable, is found as the
 * tests find it.
 */

import { discover, ENV_NAMES } from '../support/services/discover.ts';
import { keepServices } from '../support/services/keep.ts';
import { SERVICE_NAMES, type ServiceName } from '../support/services/probe.ts';

export interface BenchServices {
  mariadb: string;
  /** Null: not on this machine. */
  postgres: string | null;
  redis: string;
  stop(): Promise<void>;
}

/** Throws a sentence for people when there is no MariaDB or no Redis. */
export async function benchServices(): Promise<BenchServices> {
  const kept = await keepServices(SERVICE_NAMES.filter((name) => !process.env[ENV_NAMES[name]]));
  const isMissing = SERVICE_NAMES.some((name) => !kept.found[name]?.url);
  const other = isMissing ? await discover(process.env) : null;
  const url = (name: ServiceName): string | null => kept.found[name]?.url ?? other?.found[name].url ?? null;
  const stop = async (): Promise<void> => {
    await other?.stop();
    await kept.stop();
  };
  const mariadb = url('mariadb');
  const redis = url('redis');
  if (mariadb === null || redis === null) {
    await stop();
    throw new Error(other?.found[mariadb === null ? 'mariadb' : 'redis'].problem ?? 'a service is missing');
  }
  return { mariadb, postgres: url('postgres'), redis, stop };
}
