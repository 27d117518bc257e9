/** Look-up: what NHSO has already issued to the person. Changes nothing there, so it may be done at any time. */

import {
  asCandidate,
  type Candidate,
  codesBeside,
  type Holder,
  type IssuedCode,
  isOnlyOfOtherDay,
  type MatchResult,
  matchCode,
} from '../../domain/authen-code.ts';
import { isBridgeError } from '../../domain/bridge-error.ts';
import type { Case, CaseState } from '../../domain/case.ts';
import {
  isOwnAnswer,
  lookedUp,
  lookupRefused,
  mayBeAnswerTo,
  mayBeOwnOfOtherDay,
} from '../../domain/machine/lookup.ts';
import { isForTodayOnly, wantedOf } from '../../domain/machine/obtain.ts';
import { lookedAtAgain } from '../../domain/machine/second-code.ts';
import { isRecheck } from '../../domain/machine/transition.ts';
import { keepForItsDay } from '../agent-door/other-day.ts';
import { lookupTimes } from '../ask-times.ts';
import type { Urgency } from '../lanes.ts';
import type { NhsoLine } from '../nhso-line.ts';
import type { StepHandler, StepJob } from '../ports/work-queue.ts';
import type { House } from '../site.ts';
import { nhsoMessage } from './draft.ts';
import {
  beginStep,
  commitCode,
  leaveToCarrier,
  mayCallNhso,
  noteAndRethrow,
  type StepTools,
  vnAt,
} from './step.ts';

const NEEDS_NO_CODE: readonly CaseState[] = ['not-required', 'cancelled', 'closed'];

export function lookupStep(tools: StepTools): StepHandler {
  return async (job) => {
    const work = await beginStep(tools, job);
    if (work === null || !(await mayCallNhso(tools, work, false))) return;
    const { current, site } = work;
    if (current.pid === null || current.claimType === null) return;
    const line = tools.line(site.hcode);
    await leaveToCarrier(tools, work, line.counters.inOrder(current.stationId));
    let codes: IssuedCode[];
    try {
      const asked = { pid: current.pid, stationId: current.stationId };
      const urgency = isForTodayOnly(current, tools.house.clock.now()) ? 'today-only' : 'any-day';
      codes = await shownByNhso(line, asked, urgency);
    } catch (error) {
      if (isBridgeError(error, 'nhso-refused')) {
        await work.commit((c) => lookupRefused(c, nhsoMessage(error), tools.house.clock.now()));
        return;
      }
      return noteAndRethrow(tools, work, error);
    }
    const times = lookupTimes(site.settings);
    if (isRecheck(current)) {
      const beside = await seenBeside(tools, current, codes);
      await work.commit((c) =>
        isAskedFor(c, current) ? lookedAtAgain(c, beside, times, tools.house.clock.now()) : null,
      );
      return;
    }
    const match = await judge(tools, current, codes);
    const asked = { ...current, pid: current.pid, claimType: current.claimType };
    for (const code of match.kind === 'fits' ? [] : match.candidates) {
      const isOwn = isOnlyOfOtherDay(code) && mayBeOwnOfOtherDay(current, code);
      if (isOwn) await keepForItsDay(tools, asked, code);
    }
    const claimCode = match.kind === 'fits' ? match.code.claimCode : '';
    await commitCode(tools, work, claimCode, async (c, at) =>
      isAskedFor(c, current) ? lookedUp(c, match, await work.grounds(c), times, at) : null,
    );
  };
}

/**
 * A process that fell silent in the middle of its confirm has left a case whose look-up is due when the confirm's own
 * time-out is over. A code that NHSO shows already is taken at once; that it shows none says nothing yet, and is not counted.
 *
 * @param job the look-up that the case waits for
 */
export async function adoptIfShown(tools: StepTools, job: StepJob): Promise<void> {
  const work = await beginStep(tools, { ...job, step: 'lookup' });
  if (work?.current.state !== 'confirming' || !(await mayCallNhso(tools, work, false))) return;
  const { current, site } = work;
  const { pid, stationId } = current;
  if (pid === null) return;
  const codes = await shownByNhso(tools.line(site.hcode), { pid, stationId }, 'today-only');
  const match = await judge(tools, current, codes);
  if (match.kind !== 'fits' || !isOwnAnswer(current, match.code)) return;
  await commitCode(tools, work, match.code.claimCode, async (c, at) => {
    if (!isAskedFor(c, current)) return null;
    const found = lookedUp(c, match, await work.grounds(c), lookupTimes(site.settings), at);
    return found !== null && found.next.code !== null ? found : null;
  });
}

/** The visit was not corrected while NHSO was asked; if it was, the sweep has it looked up again. */
function isAskedFor(c: Case, asked: Case): boolean {
  return c.pid === asked.pid && c.claimType === asked.claimType && c.serviceDate === asked.serviceDate;
}

/**
 * Asks for this hospital's newest code and for the newest five of all hospitals: one that fits says nothing about
 * whether it is the only one, and a newer code of another type or an EP code may stand before it.
 * Work of the queue leaves NHSO alone while it is down, a person who waits does not.
 */
export async function shownByNhso(
  line: NhsoLine,
  { pid, stationId }: { pid: string; stationId: string | null },
  urgency: Urgency,
): Promise<IssuedCode[]> {
  const how = urgency === 'somebody-waits' ? 'ask' : 'askWhileUp';
  const newest = await line.atAnyStation(stationId, urgency, (agent) =>
    line[how]('latestAuthenCode', () => agent.latestAuthenCode(pid)),
  );
  const five = await line.atAnyStation(stationId, urgency, (agent) =>
    line[how]('latestFiveAllHospitals', () => agent.latestFiveAllHospitals(pid)),
  );
  return newest === null ? five : [newest, ...five];
}

/**
 * By code: the other visit, of any hospital, that holds it, or that it may yet turn out to belong to because an answer
 * was lost; null when there is none.
 */
export async function holdersOf(
  house: House,
  current: Case,
  codes: readonly IssuedCode[],
): Promise<Map<string, Holder | null>> {
  const { hcode, vn, pid, serviceDate, claimType } = current;
  const asker =
    pid === null || claimType === null || codes.length === 0
      ? null
      : await house.ledger.askerOf(hcode, pid, serviceDate, claimType);
  const other = asker === null || asker.vn === vn ? null : await house.ledger.case(asker);
  const holders = new Map<string, Holder | null>();
  for (const code of codes) {
    const holder = await house.ledger.holderOfCode(code.claimCode);
    const isSelf = holder?.hcode === hcode && holder.vn === vn;
    const awaiting = other !== null && mayBeAnswerTo(other, code) ? { vn: other.vn } : null;
    holders.set(code.claimCode, holder === null || isSelf ? awaiting : { vn: vnAt(hcode, holder) });
  }
  return holders;
}

/** The codes that NHSO shows other than the visit's own. */
async function seenBeside(
  tools: StepTools,
  current: Case,
  codes: readonly IssuedCode[],
): Promise<Candidate[]> {
  const holders = await holdersOf(tools.house, current, codes);
  const held = current.code?.claimCode ?? null;
  return codesBeside(held, codes, wantedOf(current), (claimCode) => holders.get(claimCode) ?? null);
}

/** Which of the codes is the visit's, if it is certain. */
export async function judge(
  tools: Pick<StepTools, 'house'>,
  current: Case,
  codes: readonly IssuedCode[],
): Promise<MatchResult> {
  const holders = await holdersOf(tools.house, current, codes);
  const holderOf = (claimCode: string): Holder | null => holders.get(claimCode) ?? null;
  const match = matchCode(codes, wantedOf(current), holderOf, (code) => mayBeOwnOfOtherDay(current, code));
  if (match.kind !== 'fits' || isOwnAnswer(current, match.code)) return match;
  return (await hasRival(tools.house, current)) ? asCandidate(match.code) : match;
}

/** Another visit of the person and day that still lacks its code: whose a code is that neither asked for, a person must say. */
async function hasRival(house: House, current: Case): Promise<boolean> {
  const { hcode, vn, pid, serviceDate, claimType } = current;
  const all = pid === null ? [] : await house.ledger.casesOfPerson(hcode, pid, serviceDate);
  return all.some(
    (c) => c.vn !== vn && c.code === null && c.claimType === claimType && !NEEDS_NO_CODE.includes(c.state),
  );
}
