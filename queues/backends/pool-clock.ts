/**
 * On PostgreSQL BullMQ writes down until when a job is locked, and when the jobs of the dead were last looked for, by the
 * clock of the process that does it. One whose clock was ahead for a while leaves moments that lie far in the future: a
 * job it had in hand when it died stays with it until then, and nobody looks for any other.
 */

import type { PgPool } from 'bullmq';

/** Tables and meanings: BullMQ 6.7, migrations `0001_schema` and `0002_functions` (`move_stalled_jobs_to_wait`). */
const LAST_LOOK = `
  UPDATE meta SET value = $2::bigint::text
   WHERE queue = ANY($1::text[]) AND field = 'stalled-check' AND value::bigint > $2::bigint`;
const LOCKS = `
  UPDATE job SET locked_until_ms = $2::bigint + $3::bigint
   WHERE queue = ANY($1::text[]) AND state = 'active' AND locked_until_ms > $2::bigint + 2 * $3::bigint`;

/**
 * Puts such moments right; a process that still has the job in hand renews its lock by its own clock, or loses it as a slow
 * one does. `lockMs`: how long a lock lasts. Returns how many jobs were locked too far ahead.
 */
export async function putTimesRight(
  pool: PgPool,
  queues: readonly string[],
  now: number,
  lockMs: number,
): Promise<number> {
  await pool.query(LAST_LOOK, [queues, now]);
  return (await pool.query(LOCKS, [queues, now, lockMs])).rowCount ?? 0;
}
