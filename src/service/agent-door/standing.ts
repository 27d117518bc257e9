/** Reads from the ledger how it stands with what a client asks for. */

import { parseCitizenId } from '../../domain/citizen-id.ts';
import type { AskKey } from '../../domain/door-ask.ts';
import { doorStanding, type Standing } from '../../domain/machine/door.ts';
import type { House } from '../site.ts';
import { isAskedAhead } from './other-day.ts';

export async function standingOf(
  house: House,
  key: AskKey,
  request: { correlationId: string | null; isWhole: boolean },
): Promise<Standing> {
  const { ledger, clock } = house;
  if (await isAskedAhead({ house }, key)) return { kind: 'under-way' };
  const ask = await ledger.doorAsks.find(key);
  const cases = await ledger.casesOfPerson(key.hcode, key.pid, key.serviceDate);
  const reads = await ledger.readsOfPerson(key.hcode, key.pid, key.serviceDate);
  // for what is no citizen id nothing can be issued: the agent says so in its own words
  const isRead = parseCitizenId(key.pid) === null || reads.some((read) => read.kind === 'full');
  return doorStanding(ask, cases, key, { ...request, isRead }, clock.now());
}
