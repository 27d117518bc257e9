/** Asks of clients whose answer was lost, looked up at NHSO; also those that a process left behind when it died. */

import { type IssuedCode, type MatchResult, matchCode } from '../../domain/authen-code.ts';
import { DAY_MS } from '../../domain/bangkok.ts';
import { isBridgeError } from '../../domain/bridge-error.ts';
import type { CitizenId } from '../../domain/citizen-id.ts';
import { type AskKey, askLookedUp, type DoorAsk, lookUpPutOff } from '../../domain/door-ask.ts';
import { shownByNhso } from '../steps/lookup.ts';
import type { StepTools } from '../steps/step.ts';
import { handOver } from './hand-over.ts';

/** In one turn; the next comes a second later. */
const AT_A_TIME = 50;

/** NHSO did not answer, or refused the look-up: it is tried again after so long, ms. */
const AGAIN_MS = { unanswered: 5_000, refused: 60_000 };

export async function lookUpDue(tools: StepTools): Promise<void> {
  const { ledger, clock, sites } = tools.house;
  for (const ask of await ledger.doorAsks.due(clock.now(), AT_A_TIME)) {
    if (sites.has(ask.hcode) && tools.line(ask.hcode).status === 'up') await lookUp(tools, ask);
  }
}

async function lookUp(tools: StepTools, ask: DoorAsk): Promise<void> {
  const { clock, ledger, sites } = tools.house;
  const settleMs = sites.get(ask.hcode)?.settings.settleMs ?? 0;
  let next: DoorAsk;
  try {
    const codes = await shownByNhso(tools.line(ask.hcode), ask, 'askWhileUp');
    const match = await matchOf(tools, ask, codes, ask.askedAt);
    next = askLookedUp(ask, match, { settleMs, gap: tools.gap(), at: clock.now() });
  } catch (error) {
    if (!isBridgeError(error)) throw error;
    const now = clock.now();
    const wait = error.code === 'nhso-refused' ? AGAIN_MS.refused : AGAIN_MS.unanswered;
    next = lookUpPutOff(ask, now + wait, now);
  }
  if (!(await ledger.doorAsks.put(next))) return;
  if (next.state === 'issued') await handOver(tools, next);
}

/**
 * What of the codes is the answer to the ask. One that a visit holds is that visit's; one of another day is shown only where it
 * may be the answer to an ask of a moment before midnight.
 */
export async function matchOf(
  tools: Pick<StepTools, 'house'>,
  key: AskKey,
  codes: readonly IssuedCode[],
  askedAt: number,
): Promise<MatchResult> {
  const { ledger } = tools.house;
  const holders = new Map<string, { vn: string } | null>();
  for (const { claimCode } of codes) holders.set(claimCode, await ledger.holderOfCode(claimCode));
  const wanted = { ...key, pid: key.pid as CitizenId };
  const mayBeOfOtherDay = ({ issuedAt }: IssuedCode): boolean =>
    issuedAt !== null && issuedAt >= askedAt && issuedAt < askedAt + DAY_MS;
  return matchCode(codes, wanted, (claimCode) => holders.get(claimCode) ?? null, mayBeOfOtherDay);
}
