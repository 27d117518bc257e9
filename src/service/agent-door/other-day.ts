/**
 * A code bears NHSO's day, whatever day it was asked for: a confirm of a moment before midnight, or one that was sent by a clock that
 * was behind. It fits no visit of the day that it was asked for; but on its own day a second one would be asked for in vain, and that
 * is an error at NHSO. So the code stands in a row of its day, as if a client had asked for it then, until a visit takes it.
 */

import type { IssuedCode } from '../../domain/authen-code.ts';
import { addDays, serviceDateOf } from '../../domain/bangkok.ts';
import { isBridgeError } from '../../domain/bridge-error.ts';
import { type AskKey, issuedOnItsDay } from '../../domain/door-ask.ts';
import type { StepTools } from '../steps/step.ts';

/** Who asked, and for which day. */
export interface AskedFor extends AskKey {
  stationId: string | null;
  correlationId: string | null;
}

/**
 * Does nothing for a code of the day that it was asked for. To be done before whoever asked is told: what asked is then at rest, and
 * nobody looks for the code once more should this process die in between.
 */
export async function keepForItsDay(
  { house }: Pick<StepTools, 'house'>,
  asked: AskedFor,
  code: Pick<IssuedCode, 'claimCode' | 'issuedAt'>,
): Promise<void> {
  const { issuedAt } = code;
  if (issuedAt === null || serviceDateOf(issuedAt) === asked.serviceDate) return;
  const { hcode, pid, claimType, stationId, correlationId } = asked;
  const key = { hcode, pid, claimType, serviceDate: serviceDateOf(issuedAt) };
  const { doorAsks } = house.ledger;
  const row = issuedOnItsDay(
    await doorAsks.find(key),
    key,
    { actor: 'bridge', stationId: stationId ?? '', correlationId },
    code,
    house.clock.now(),
  );
  if (row === null) return;
  try {
    await doorAsks.begin(row);
  } catch (error) {
    // a visit of that day has asked, or holds the code: then that keeps all others from it
    if (!isBridgeError(error, 'already-asked')) throw error;
  }
}

/**
 * Whether an ask of the day after has no end yet. Late in the evening a clock that was ahead has sent it for the next day, and the
 * code that NHSO may have issued bears this one: it is looked for before anything is asked for this day.
 */
export async function isAskedAhead({ house }: Pick<StepTools, 'house'>, key: AskKey): Promise<boolean> {
  const { hcode, pid, claimType, serviceDate } = key;
  const next = { hcode, pid, claimType, serviceDate: addDays(serviceDate, 1) };
  const ask = await house.ledger.doorAsks.find(next);
  return ask?.state === 'asking' || ask?.state === 'lost';
}
