/** Asks of clients whose answer was lost, looked up at NHSO until their end is certain; also those that a process left behind when it died. */

import {
  type CodeWanted,
  codesBeside,
  type Holder,
  type IssuedCode,
  isOnlyOfOtherDay,
  type MatchResult,
  matchCode,
} from '../../domain/authen-code.ts';
import { DAY_MS } from '../../domain/bangkok.ts';
import { isBridgeError } from '../../domain/bridge-error.ts';
import type { CitizenId } from '../../domain/citizen-id.ts';
import {
  type AskKey,
  askClockSetBack,
  askLookedAtAgain,
  askLookedUp,
  type DoorAsk,
  lookUpPutOff,
  lookUpRefused,
  mayBeAskedAhead,
} from '../../domain/door-ask.ts';
import { isIssuedSince } from '../../domain/machine/lookup.ts';
import { mayAsk } from '../../domain/machine/obtain.ts';
import { SET_BACK_MS } from '../../domain/set-back.ts';
import { lostAnswerTimes } from '../ask-times.ts';
import { isNhsoUp } from '../nhso-news.ts';
import { shownByNhso } from '../steps/lookup.ts';
import type { StepTools } from '../steps/step.ts';
import { handOver, withOpenCandidates } from './hand-over.ts';
import { keepForItsDay } from './other-day.ts';
import { tellPerson } from './person.ts';

/** In one turn; the next comes a second later. */
const AT_A_TIME = 50;

/** NHSO did not answer, or is known to be down: again after so long, ms. Meanwhile others have their turn. */
const AGAIN_MS = 5_000;

export async function lookUpDue(tools: StepTools): Promise<void> {
  const { ledger, clock, sites } = tools.house;
  for (const ask of await ledger.doorAsks.due(clock.now(), AT_A_TIME)) {
    const isUp = sites.has(ask.hcode) && (await isNhsoUp(ledger, ask.hcode, tools.line(ask.hcode)));
    if (isUp) await lookUp(tools, ask);
    else await ledger.doorAsks.put(lookUpPutOff(ask, clock.now() + AGAIN_MS, clock.now()));
  }
}

/** Puts right what a clock that was ahead has put off. */
export async function putClockRight({ house }: Pick<StepTools, 'house'>): Promise<void> {
  const { ledger, clock, log } = house;
  const ahead = await ledger.doorAsks.fromAhead(clock.now(), SET_BACK_MS, AT_A_TIME);
  for (const ask of ahead) {
    const right = askClockSetBack(ask, clock.now());
    if (right !== null && (await ledger.doorAsks.put(right)))
      log.info(
        { site: ask.hcode, aheadMs: ask.updatedAt - right.updatedAt },
        'an ask of a client put right: the clock was set back',
      );
  }
}

async function lookUp(tools: StepTools, due: DoorAsk): Promise<void> {
  const { clock, ledger, sites } = tools.house;
  const site = sites.get(due.hcode);
  if (site === undefined) throw new TypeError(`no hospital ${due.hcode} is configured`);
  const ask = await withOpenCandidates(tools, due);
  let next: DoorAsk;
  try {
    const mayYetAsk = ask.state !== 'issued' && mayAsk(ask, clock.now());
    const urgency = mayYetAsk ? 'today-only' : 'any-day';
    const codes = await shownByNhso(tools.line(ask.hcode), ask, urgency);
    const times = lostAnswerTimes(site.settings);
    if (ask.state === 'issued') {
      const holders = await holdersOf(tools, codes);
      const beside = codesBeside(ask.claimCode, codes, wantedOf(ask), holders);
      next = askLookedAtAgain(ask, beside, times, clock.now());
    } else {
      const match = await matchOf(tools, ask, codes);
      next = askLookedUp(ask, match, { times, gap: tools.gap(), at: clock.now() });
    }
  } catch (error) {
    if (!isBridgeError(error)) throw error;
    const now = clock.now();
    next = error.code === 'nhso-refused' ? lookUpRefused(ask, now) : lookUpPutOff(ask, now + AGAIN_MS, now);
  }
  for (const code of next.candidates.filter(isOnlyOfOtherDay)) await keepForItsDay(tools, next, code);
  if (!(await ledger.doorAsks.put(next))) return;
  tellPerson(tools, ask, next);
  if (next.state === 'issued') await handOver(tools, next);
}

/**
 * What of the codes is the answer to the ask. One that a visit holds is that visit's; one of another day is shown only where it
 * may be the answer to an ask of a moment before midnight, or to one by a clock that was wrong.
 */
export async function matchOf(
  tools: Pick<StepTools, 'house'>,
  ask: AskKey & Pick<DoorAsk, 'askedAt'>,
  codes: readonly IssuedCode[],
): Promise<MatchResult> {
  const { askedAt } = ask;
  const isSoonAfter = (code: IssuedCode): boolean =>
    code.issuedAt !== null && isIssuedSince(code, askedAt) && code.issuedAt < askedAt + DAY_MS;
  const mayBeOfOtherDay = (code: IssuedCode): boolean => isSoonAfter(code) || mayBeAskedAhead(code, ask);
  return matchCode(codes, wantedOf(ask), await holdersOf(tools, codes), mayBeOfOtherDay);
}

/** The visits that hold the codes. */
async function holdersOf(
  { house }: Pick<StepTools, 'house'>,
  codes: readonly IssuedCode[],
): Promise<(claimCode: string) => Holder | null> {
  const holders = new Map<string, Holder | null>();
  for (const { claimCode } of codes) holders.set(claimCode, await house.ledger.holderOfCode(claimCode));
  return (claimCode) => holders.get(claimCode) ?? null;
}

function wantedOf(key: AskKey): CodeWanted {
  return { ...key, pid: key.pid as CitizenId };
}
