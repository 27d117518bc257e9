/** Somebody nobody has met, and what NHSO and the ledger know of the person. */

import { serviceDateOf } from '../../../src/domain/bangkok.ts';
import type { DoorAsk } from '../../../src/domain/door-ask.ts';
import { SAMPLE_HCODE, sampleCitizenId } from '../../support/samples.ts';
import type { DoorHouse } from './house.ts';

let met = 60_000;

/** Puts the person's card into the reader, and ends what was wrong with NHSO. */
export function nextPerson({ nhso }: Pick<DoorHouse, 'nhso'>): number {
  met += 1;
  nhso.clearFaults();
  nhso.insertCard(sampleCitizenId(met));
  return met;
}

/** What NHSO was asked for the person, and what it issued. */
export function askedOf(
  { nhso }: Pick<DoorHouse, 'nhso'>,
  n: number,
): { asked: number; issued: number; refused: number }[] {
  return nhso.confirms(sampleCitizenId(n)).map(({ asked, issued, refused }) => ({ asked, issued, refused }));
}
export const ASKED_ONCE = [{ asked: 1, issued: 1, refused: 0 }];

/** As NHSO has issued them. */
export function codesOf({ nhso }: Pick<DoorHouse, 'nhso'>, n: number): string[] {
  return nhso.codes(sampleCitizenId(n)).map((c) => c.claimCode);
}

/** What was asked for the person, by default today. */
export async function askOf(
  { clock, ledger }: Pick<DoorHouse, 'clock' | 'ledger'>,
  n: number,
  serviceDate = serviceDateOf(clock.now()),
): Promise<DoorAsk | null> {
  return ledger.doorAsks.find({
    ...{ hcode: SAMPLE_HCODE, pid: sampleCitizenId(n), serviceDate, claimType: 'PG0060001' },
  });
}
