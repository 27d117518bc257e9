/** What every step begins with: is this job still the one the case waits for, and may the work go on now. */

import type { Instant } from '../../domain/bangkok.ts';
import { errorText, isBridgeError } from '../../domain/bridge-error.ts';
import type { Case } from '../../domain/case.ts';
import { dayOver } from '../../domain/machine/day-end.ts';
import type { LookupGrounds } from '../../domain/machine/lookup.ts';
import { codeHeld, mayAsk, waitForNhso } from '../../domain/machine/obtain.ts';
import { type Gap, mayHaveBeenAsked, seekFirst } from '../../domain/machine/restored.ts';
import type { Change } from '../../domain/machine/transition.ts';
import type { NhsoLine } from '../nhso-line.ts';
import { isNhsoUp } from '../nhso-news.ts';
import type { CaseKey } from '../ports/ledger.ts';
import { NoWayFromHere, type StepJob } from '../ports/work-queue.ts';
import type { House, Site, Station } from '../site.ts';
import { type Decide, updateCase } from '../update.ts';

export interface StepTools {
  house: House;
  line(hcode: string): NhsoLine;
  /** What the ledger does not know of, if it was put back from a backup. */
  gap(): Gap | null;
  /** Something may have been written to the outbox. */
  kick(): void;
}

export interface StepWork {
  site: Site;
  current: Case;
  /** Commits a change of this very step; null when the case has moved on meanwhile. */
  commit(decide: Decide): Promise<Case | null>;
  /** What the rules judge the case by, beside itself. */
  grounds(current: Case): Promise<LookupGrounds>;
}

/** The case, if the job is still what it waits for. A job that was overtaken is no error: it has nothing to do. */
export async function beginStep(tools: StepTools, job: StepJob): Promise<StepWork | null> {
  const { house } = tools;
  const site = house.sites.get(job.hcode);
  if (site === undefined) {
    house.log.warn({ site: job.hcode, vn: job.vn }, 'a step of a site that is not configured any more');
    return null;
  }
  const current = await house.ledger.case(job);
  if (current === null || current.nextStep !== job.step || current.stepSeq !== job.stepSeq) return null;
  let latest = current;
  // the visit's data may change beside us; only another step's decision ends our turn
  const isMine = (c: Case): boolean => c.nextStep === latest.nextStep && c.stepSeq === latest.stepSeq;
  return {
    site,
    current,
    async commit(decide) {
      const changed = await updateCase(house, job, (c) => (isMine(c) ? decide(c) : null), latest);
      if (changed !== null) {
        latest = changed;
        tools.kick();
      }
      return changed;
    },
    async grounds({ readId }) {
      const read = readId === null ? null : await house.ledger.cardRead(readId);
      return { read, policy: site.policy, gap: tools.gap() };
    },
  };
}

/**
 * False when NHSO must not be called for this case now: it is down (the case says so and waits in the ledger until
 * the line is up), the service day is over, or the code may have been asked for already by a ledger that was lost (the
 * case is looked up instead).
 */
export async function mayCallNhso(tools: StepTools, work: StepWork, asking: boolean): Promise<boolean> {
  const now = tools.house.clock.now();
  if (asking && !mayAsk(work.current, now)) {
    await work.commit((c) => dayOver(c, now));
    return false;
  }
  if (asking && mayHaveBeenAsked(work.current, tools.gap())) {
    await work.commit((c) => seekFirst(c, tools.gap(), now));
    return false;
  }
  const { hcode } = work.current;
  if (await isNhsoUp(tools.house.ledger, hcode, tools.line(hcode))) return true;
  await work.commit((c) => waitForNhso(c, 'NHSO cannot be reached', now));
  return false;
}

/**
 * Of counters that their readers carry for, another bridge may hold the lines: when none of `stations` can be reached from here,
 * the job goes back before anything is announced or takes a turn. The case says so, since perhaps nobody carries.
 */
export async function leaveToCarrier(
  tools: StepTools,
  work: StepWork,
  stations: readonly Station[],
): Promise<void> {
  if (!stations.every(({ agent }) => agent.isAway?.() ?? false)) return;
  const why = 'the reader of this counter has no line to this bridge; nothing was sent';
  await work.commit((c) => waitForNhso(c, why, tools.house.clock.now()));
  throw new NoWayFromHere(why);
}

/** Notes in the case that NHSO or the agent did not answer, then lets the queue try again later. */
export async function noteAndRethrow(tools: StepTools, work: StepWork, error: unknown): Promise<never> {
  if (isBridgeError(error)) await work.commit((c) => waitForNhso(c, error.message, tools.house.clock.now()));
  throw error;
}

/** Commits a change that takes a code; when another visit holds it, a person is told instead. */
export async function commitCode(
  tools: StepTools,
  work: StepWork,
  claimCode: string,
  decide: (current: Case, at: Instant) => Change | null | Promise<Change | null>,
): Promise<Case | null> {
  const { house } = tools;
  try {
    return await work.commit((c) => decide(c, house.clock.now()));
  } catch (error) {
    if (!isBridgeError(error, 'code-held')) throw error;
    const holder = await house.ledger.holderOfCode(claimCode);
    house.log.warn(
      { site: work.site.hcode, vn: work.current.vn, holder, why: errorText(error) },
      'code is on another visit',
    );
    return work.commit((c) => codeHeld(c, claimCode, vnAt(c.hcode, holder), house.clock.now()));
  }
}

/** The visit's number, for people of this hospital to see; null for a visit of another, whose number is not theirs to see. */
export function vnAt(hcode: string, holder: CaseKey | null): string | null {
  return holder?.hcode === hcode ? holder.vn : null;
}
