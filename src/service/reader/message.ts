/** A card's data made into the message that the bridge takes. */

import type { Instant } from '../../domain/bangkok.ts';
import { type CardReadMessage, momentOfRead } from '../../domain/card-read.ts';
import type { CitizenId } from '../../domain/citizen-id.ts';
import type { AgentCard, AgentRead } from '../ports/nhso-agent.ts';

/** Who reads. */
export interface Station {
  stationId: string;
  /** Null: the bridge knows it from the key. */
  hcode: string | null;
}

/** What came out of the reader: the card with NHSO's word, or the card alone. */
export type Sighting = { pid: CitizenId; at: Instant } & (
  | { kind: 'full'; data: AgentRead & { correlationId: string } }
  | { kind: 'card-only'; data: AgentCard }
);

export function cardReadMessage(id: string, station: Station, seen: Sighting): CardReadMessage {
  const { titleName, fname, lname, birthDate, sex, nation } = seen.data;
  const base = {
    id,
    ...(station.hcode === null ? {} : { hcode: station.hcode }),
    stationId: station.stationId,
    pid: seen.pid,
    readAt: iso(readAtOf(seen)),
    kind: seen.kind,
    person: { titleName, fname, lname, birthDate, sex, nation },
  };
  if (seen.kind === 'card-only') return { ...base, correlationId: null, claimTypes: [], right: null };
  const { correlationId, claimTypes, right } = seen.data;
  const startDateTime = right?.startDateTime ?? null;
  return {
    ...base,
    correlationId,
    claimTypes,
    right: right && { ...right, startDateTime: startDateTime === null ? null : iso(startDateTime) },
  };
}

/** When it was read, as the bridge is told. */
export function readAtOf(seen: Sighting): Instant {
  return momentOfRead(seen.at, seen.kind === 'full' ? seen.data.checkDate : null);
}

/** For the log, where {@link readAtOf} is not the time of this machine's clock. */
export const OTHER_DAY_AT_NHSO =
  'NHSO has another day than this machine: the read counts for that day, and nothing is asked for the other one; set the clock right (NTP)';

function iso(at: Instant): string {
  return new Date(at).toISOString();
}
