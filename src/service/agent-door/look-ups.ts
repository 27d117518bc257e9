/** Asks of clients whose answer was lost, looked up at NHSO; also those that a process left behind when it died. */

import { type IssuedCode, type MatchResult, matchCode } from '../../domain/authen-code.ts';
import { DAY_MS } from '../../domain/bangkok.ts';
import { isBridgeError } from '../../domain/bridge-error.ts';
import type { CitizenId } from '../../domain/citizen-id.ts';
import {
  type AskKey,
  askLookedUp,
  type DoorAsk,
  isUndecided,
  lookUpPutOff,
  lookUpRefused,
} from '../../domain/door-ask.ts';
import { lostAnswerTimes } from '../ask-times.ts';
import { shownByNhso } from '../steps/lookup.ts';
import type { StepTools } from '../steps/step.ts';
import { handOver } from './hand-over.ts';

/** In one turn; the next comes a second later. */
const AT_A_TIME = 50;

/** NHSO did not answer, or is known to be down: again after so long, ms. Meanwhile others have their turn. */
const AGAIN_MS = 5_000;

export async function lookUpDue(tools: StepTools): Promise<void> {
  const { ledger, clock, sites } = tools.house;
  for (const ask of await ledger.doorAsks.due(clock.now(), AT_A_TIME)) {
    const isUp = sites.has(ask.hcode) && tools.line(ask.hcode).status === 'up';
    if (isUp) await lookUp(tools, ask);
    else await ledger.doorAsks.put(lookUpPutOff(ask, clock.now() + AGAIN_MS, clock.now()));
  }
}

async function lookUp(tools: StepTools, ask: DoorAsk): Promise<void> {
  const { clock, ledger, log, sites } = tools.house;
  const site = sites.get(ask.hcode);
  if (site === undefined) throw new TypeError(`no hospital ${ask.hcode} is configured`);
  let next: DoorAsk;
  try {
    const codes = await shownByNhso(tools.line(ask.hcode), ask, 'askWhileUp');
    const match = await matchOf(tools, ask, codes, ask.askedAt);
    next = askLookedUp(ask, match, {
      ...{ times: lostAnswerTimes(site.settings), gap: tools.gap(), at: clock.now() },
    });
  } catch (error) {
    if (!isBridgeError(error)) throw error;
    const now = clock.now();
    next = error.code === 'nhso-refused' ? lookUpRefused(ask, now) : lookUpPutOff(ask, now + AGAIN_MS, now);
  }
  if (!(await ledger.doorAsks.put(next))) return;
  if (isUndecided(next) && !isUndecided(ask)) {
    const { hcode: site, stationId: station, claimType } = next;
    log.warn(
      { site, station, claimType },
      'what became of a code that a client asked for must be looked at by a person',
    );
  }
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
