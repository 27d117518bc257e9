/** One person's visits: judged, their cases changed, codes written back, and all that is said of them made into items. */

import type { LimitFunction } from 'p-limit';
import { addDays, serviceDateOf } from '../../domain/bangkok.ts';
import { isBridgeError } from '../../domain/bridge-error.ts';
import type { Case, HistoryEntry } from '../../domain/case.ts';
import type { LostAnswerTimes } from '../../domain/machine/lost-answer.ts';
import { ambiguousInRun, codeFoundInRun } from '../../domain/machine/reconcile.ts';
import { type ShownCode, toCandidate } from '../../domain/reconcile/shown.ts';
import { askedUntil, lacksCode, type Verdict } from '../../domain/reconcile.ts';
import type { Reconciliation, ReconciliationItem } from '../ports/reconciliations.ts';
import { updateCase } from '../update.ts';
import { asHisHolds } from './day.ts';
import type { Judge } from './judge.ts';
import type { NightTools } from './tools.ts';
import { type Wrote, writeBackNow } from './write.ts';

/** A case that changes again and again while it is looked at is left for the next run. */
const TRIES = 4;

export interface PersonRun {
  tools: NightTools;
  run: Reconciliation;
  judge: Judge;
  /** How long a confirm of the hospital may be at work. */
  times: LostAnswerTimes;
  /** Days for which a missing code is asked for. */
  days: number;
  unheld: ReadonlySet<string>;
  /** True when this run may have found the visit's code before, in a process that was killed or in an earlier look. */
  mayHaveFound(vn: string): boolean;
  /** One write-back at a time: a process that dies leaves at most one whose end nobody has heard of. */
  oneByOne: LimitFunction;
}

/** `cases`: as they stood when the day was read. Nothing is asked any more; `shown` is what the sources said. */
export async function settlePerson(
  of: PersonRun,
  cases: readonly Case[],
  shown: readonly ShownCode[],
): Promise<ReconciliationItem[]> {
  if (of.run.dryRun) {
    const verdicts = await of.judge.judge(cases, shown);
    return verdicts.map((v) => toItem(of, caseOf(cases, v), v));
  }
  let current = cases;
  for (let attempt = 1; ; attempt++) {
    const verdicts = await withoutUndone(of, current, await of.judge.judge(current, shown));
    const isTaken = await takeAll(of, current, verdicts);
    if (isTaken || attempt === TRIES) return itemsOf(of, current, verdicts);
    // somebody else was there meanwhile: all of the person's visits are judged anew
    current = await anew(of, current);
  }
}

/** Gives each visit the code that was found for it. False as soon as one can no longer take it. */
async function takeAll(
  of: PersonRun,
  cases: readonly Case[],
  verdicts: readonly Verdict[],
): Promise<boolean> {
  for (const verdict of verdicts) {
    const { take, source } = verdict;
    if (take === null) continue;
    const judged = caseOf(cases, verdict);
    const { house } = of.tools;
    try {
      const changed = await updateCase(house, judged, (c) => {
        if (!isAsJudged(c, judged)) return null;
        const cause = { run: of.run.id, at: house.clock.now() };
        return codeFoundInRun(c, take, { source: source ?? 'ledger', times: of.times }, cause);
      });
      if (changed === null) return false;
    } catch (error) {
      if (!isBridgeError(error, 'code-held', 'conflict', 'not-found')) throw error;
      return false;
    }
  }
  return true;
}

async function itemsOf(
  of: PersonRun,
  cases: readonly Case[],
  verdicts: readonly Verdict[],
): Promise<ReconciliationItem[]> {
  const items: ReconciliationItem[] = [];
  for (const verdict of verdicts) {
    const judged = caseOf(cases, verdict);
    const item = toItem(of, judged, verdict);
    if (verdict.outcome === 'found') items.push(await written(of, judged, verdict, item));
    else if (verdict.outcome === 'ambiguous') items.push(await listed(of, judged, verdict, item));
    else if (verdict.outcome === 'had-one') items.push(await foundBefore(of, judged, item));
    else items.push(item);
  }
  return items;
}

async function written(
  of: PersonRun,
  judged: Case,
  verdict: Verdict,
  item: ReconciliationItem,
): Promise<ReconciliationItem> {
  const { ledger } = of.tools.house;
  const now = await ledger.case(judged);
  if (now?.code?.claimCode !== verdict.claimCode) {
    const detail = 'the case changed while it was looked at; the next run looks again';
    const candidates = taken(verdict);
    return {
      ...item,
      outcome: 'ambiguous',
      state: now?.state ?? item.state,
      claimCode: null,
      detail,
      candidates,
    };
  }
  const source = foundInRun(await ledger.history(judged), of.run.id)?.source ?? item.source;
  return wroteItem({ ...item, source }, await of.oneByOne(() => writeBackNow(of.tools, now)));
}

/** The HIS holds what this very run has put there, before it was killed: that is no visit that had one. */
async function foundBefore(
  of: PersonRun,
  judged: Case,
  item: ReconciliationItem,
): Promise<ReconciliationItem> {
  const { house } = of.tools;
  const isNhsos = judged.code?.source === 'lookup' || judged.code?.source === 'confirm';
  if (!isNhsos || !of.mayHaveFound(judged.vn)) return item;
  const found = foundInRun(await house.ledger.history(judged), of.run.id);
  if (found?.claimCode !== judged.code?.claimCode || found === null) return item;
  // the row was written, but the process died before the ledger heard of it: the step looks at the row and says so
  return wroteItem(
    { ...item, source: found.source },
    await of.oneByOne(() => writeBackNow(of.tools, judged)),
  );
}

/** What `codeFoundInRun` has written into the case's history. */
function foundInRun(
  lines: readonly HistoryEntry[],
  run: string,
): { claimCode: string; source: string } | null {
  const found = lines.findLast((l) => l.event === 'code-found' && l.detail.run === run);
  if (found === undefined) return null;
  return { claimCode: String(found.detail.claimCode), source: String(found.detail.source) };
}

function wroteItem(item: ReconciliationItem, wrote: Wrote): ReconciliationItem {
  return { ...item, ...wrote, detail: wrote.detail ?? item.detail };
}

/** A person is told, on the staff's list, when the day is over. */
async function listed(
  of: PersonRun,
  judged: Case,
  { candidates }: Verdict,
  item: ReconciliationItem,
): Promise<ReconciliationItem> {
  const { house } = of.tools;
  if (of.unheld.has(judged.vn)) return item;
  const changed = await updateCase(house, judged, (c) =>
    isAsJudged(c, judged) ? ambiguousInRun(c, candidates, { run: of.run.id, at: house.clock.now() }) : null,
  );
  return changed === null ? item : { ...item, state: changed.state };
}

/** A code that a person had taken out of the HIS again is not written by itself, whatever became of the case since. */
async function withoutUndone(
  of: PersonRun,
  cases: readonly Case[],
  verdicts: readonly Verdict[],
): Promise<Verdict[]> {
  const checked: Verdict[] = [];
  for (const verdict of verdicts) {
    const { take } = verdict;
    const c = caseOf(cases, verdict);
    const isUnheld = of.unheld.has(c.vn);
    const isHeldBack = take !== null && (isUnheld || (await isUndone(of, c, take.claimCode)));
    const detail = isUnheld
      ? 'the bridge cannot take in this row of the HIS: a person must look at it'
      : 'this code was written before and undone: a person must say';
    checked.push(
      isHeldBack
        ? {
            ...verdict,
            outcome: 'ambiguous',
            claimCode: null,
            source: null,
            take: null,
            detail,
            candidates: taken(verdict),
          }
        : verdict,
    );
  }
  return checked;
}

async function isUndone(of: PersonRun, c: Case, claimCode: string): Promise<boolean> {
  const lines = await of.tools.house.ledger.history(c);
  return lines.some((l) => l.event === 'write-back-undone' && l.detail.claimCode === claimCode);
}

async function anew({ tools, unheld }: PersonRun, cases: readonly Case[]): Promise<Case[]> {
  const found = new Map((await tools.house.ledger.cases(cases)).map((c) => [c.vn, asHisHolds(c)]));
  return cases.map((c) => (unheld.has(c.vn) ? c : (found.get(c.vn) ?? c)));
}

/** Nothing has happened to the case since it was judged. */
function isAsJudged(c: Case, judged: Case): boolean {
  return c.version === judged.version;
}

function toItem(of: PersonRun, c: Case, verdict: Verdict): ReconciliationItem {
  const { vn, outcome, claimCode, claimType, source, candidates } = verdict;
  const now = of.tools.house.clock.now();
  const until = askedUntil(addDays(of.run.serviceDate, of.days), serviceDateOf(now));
  const isAskedAgain = lacksCode(c) && (outcome === 'missing' || outcome === 'other-hospital');
  const said = [verdict.detail, isAskedAgain ? until : null].filter((text) => text !== null);
  return {
    ...{ vn, hn: c.hn, outcome, state: c.state, claimCode, claimType, source },
    ...{ detail: said.length === 0 ? null : said.join('; '), candidates, written: null },
    ...{ undoneAt: null, decidedAt: now },
  };
}

function taken({ take, candidates }: Verdict): ReconciliationItem['candidates'] {
  return take === null ? candidates : [...candidates, toCandidate(take, [], null)];
}

function caseOf(cases: readonly Case[], { vn }: Verdict): Case {
  const found = cases.find((c) => c.vn === vn);
  if (found === undefined) throw new TypeError(`no case of visit ${vn}`);
  return found;
}
