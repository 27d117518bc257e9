/** What look-ups alone cannot settle stands on a list; the log says once that somebody must look there. */

import { type DoorAsk, needsPerson } from '../../domain/door-ask.ts';
import type { StepTools } from '../steps/step.ts';

export function tellPerson({ house }: Pick<StepTools, 'house'>, before: DoorAsk, now: DoorAsk): void {
  if (!needsPerson(now) || needsPerson(before)) return;
  const { hcode: site, stationId: station, claimType } = now;
  house.log.warn(
    { site, station, claimType },
    'a person must look at what a client of the agent API has asked for: GET /api/client-asks lists it',
  );
}
