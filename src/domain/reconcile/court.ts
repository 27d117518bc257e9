/** Judges the visits of one person's day: first what needs no code to be given, then whose each free code is. */

import { standsAsCode } from '../assess.ts';
import { type Candidate, codeKind, isPlausibleCode, type Misfit, misfits } from '../authen-code.ts';
import { serviceDateOf } from '../bangkok.ts';
import type { Case } from '../case.ts';
import { maskCitizenIds } from '../citizen-id.ts';
import { mayBeAnswerTo } from '../machine/lookup.ts';
import { wantedOf } from '../machine/obtain.ts';
import { mayAdopt, mayAdoptOwnAnswer } from '../machine/reconcile.ts';
import { shareByTime } from './share.ts';
import { isSameCode, mergeShown, type SeenCode, toCandidate } from './shown.ts';
import { type CodeHolder, type PersonDay, type Verdict, verdict } from './verdict.ts';
import { isMatchable, isOurs, isUnaskable, standsNoMore, told } from './visit-facts.ts';

export class Court {
  readonly cases: readonly Case[];
  readonly verdicts = new Map<string, Verdict>();
  readonly #day: PersonDay;
  readonly #seen: readonly SeenCode[];
  /** Visits without a code that is certainly theirs: each may be the one that a free code belongs to. */
  readonly #open: Case[] = [];

  constructor(day: PersonDay) {
    this.#day = day;
    this.#seen = mergeShown(day.shown);
    this.cases = [...day.cases].sort((a, b) => (a.vn < b.vn ? -1 : 1));
    for (const c of this.cases) {
      const settled = this.#settle(c);
      if (settled !== null) this.verdicts.set(c.vn, settled);
      if (settled === null || isDoubtful(c, settled)) this.#open.push(c);
    }
    const byType = Map.groupBy(this.#open.filter(isMatchable), (c) => c.claimType);
    for (const rivals of byType.values()) this.#share(rivals);
  }

  /** What is said without any code to give: of the visit itself, and of what the HIS or the ledger holds. */
  #settle(c: Case): Verdict | null {
    const { code, visit } = c;
    if (standsNoMore(c)) return verdict(c, 'not-required', { detail: 'the visit stands no more' });
    if (c.state === 'not-required') return verdict(c, 'not-required', { detail: told(c) });
    if (visit.code !== null) return this.#judgeHisCode(c, visit.code);
    if (c.state === 'closed') return verdict(c, 'not-required', { detail: told(c) });
    if (code === null) return null;
    if (c.state === 'confirmed' || c.state === 'found-elsewhere') {
      const { claimCode, claimType } = code;
      return verdict(c, 'found', { claimCode, claimType, source: 'ledger' });
    }
    // NHSO's code is known, but not in the HIS, and a person has been told why
    const held = toCandidate({ ...code, pid: c.pid, hcode: c.hcode }, [], null);
    return verdict(c, 'ambiguous', { detail: told(c), candidates: [held] });
  }

  /** Whatever the HIS holds stays; what is said is whether NHSO agrees. */
  #judgeHisCode(c: Case, claimCode: string): Verdict {
    const { code } = c;
    if (isOurs(c)) return verdict(c, 'had-one', { claimCode, source: 'ledger' });
    const others = this.#fitting(c).map((seen) => toCandidate(seen, [], null));
    const shownAs = { claimCode: maskCitizenIds(claimCode), claimType: null };
    if (!standsAsCode(claimCode)) {
      const detail = 'what stands in the HIS is no authen code';
      return verdict(c, others.length > 0 ? 'disagree' : 'missing', {
        ...shownAs,
        detail,
        candidates: others,
      });
    }
    const seen = this.#seen.find((s) => isSameCode(s.claimCode, claimCode));
    if (code === null || code.source === 'his') {
      const other = this.#otherHolder(c, claimCode);
      if (other !== null && !this.#standsNoMore(other)) {
        const held = seen ?? { claimCode, claimType: null, hcode: null, issuedAt: null };
        const candidate = toCandidate({ pid: null, ...held }, ['held-by-other-visit'], vnHere(c, other));
        const detail = 'the code in the HIS is on another visit too';
        return verdict(c, 'ambiguous', { ...shownAs, detail, candidates: [candidate] });
      }
    }
    if (seen !== undefined) {
      const wrong = this.#statedOtherwise(c, seen);
      if (wrong.length === 0)
        return verdict(c, 'had-one', { claimCode, claimType: seen.claimType, source: seen.source });
      const detail = `NHSO shows the code in the HIS for another ${wrong.join(' and ')}`;
      return verdict(c, 'disagree', { ...shownAs, detail, candidates: others });
    }
    if (code !== null && code.source !== 'his' && !isSameCode(code.claimCode, claimCode)) {
      const ours = toCandidate({ ...code, pid: c.pid, hcode: c.hcode }, [], null);
      return verdict(c, 'disagree', { ...shownAs, detail: 'NHSO issued another code', candidates: [ours] });
    }
    if (others.length > 0) {
      const detail = 'NHSO does not show the code in the HIS';
      return verdict(c, 'disagree', { ...shownAs, detail, candidates: others });
    }
    return verdict(c, 'had-one', { claimCode });
  }

  /** Gives out the free codes of one claim type, as far as it is certain whose each is. */
  #share(rivals: readonly Case[]): void {
    // one that the ledger knows on any of them is no free one, whatever its case says
    let free = this.#seen.filter((code) => rivals.every((c) => this.#fits(c, code)));
    let open = [...rivals];
    for (const asker of rivals) {
      const own = this.#ownAnswer(asker, free, rivals);
      if (own === null) continue;
      this.#give(asker, own);
      open = open.filter((c) => c !== asker);
      free = free.filter((code) => code !== own);
    }
    if (free.length === 0) return;
    for (const [c, code] of this.#certain(open, free)) {
      this.#give(c, code);
      open = open.filter((other) => other !== c);
    }
    for (const c of open) {
      if (this.verdicts.has(c.vn)) continue;
      const candidates = free.map((code) => {
        const asker = open.find((other) => other !== c && mayBeAnswerTo(other, code));
        return toCandidate(code, asker === undefined ? [] : ['held-by-other-visit'], asker?.vn ?? null);
      });
      this.verdicts.set(c.vn, verdict(c, 'ambiguous', { detail: whyNotGiven(open, free), candidates }));
    }
  }

  /**
   * The answer, lost so far, to the visit's own confirm. Where another visit may have brought the code, it must have come
   * with the confirm and not hours after it.
   */
  #ownAnswer(asker: Case, free: readonly SeenCode[], rivals: readonly Case[]): SeenCode | null {
    if (this.verdicts.has(asker.vn)) return null;
    const answers = free.filter((code) => mayAdoptOwnAnswer(asker, code));
    const [only] = answers;
    if (only === undefined || answers.length !== 1) return null;
    const isElse = rivals.some((c) => c !== asker && (c.askedAt === null || mayBeAnswerTo(c, only)));
    const latest = (asker.askedAt ?? 0) + ANSWER_COMES_WITHIN_MS;
    return isElse && (only.lastIssuedAt ?? Number.POSITIVE_INFINITY) > latest ? null : only;
  }

  /** Nothing is certain while one of those whose the code might be cannot take it. */
  #certain(open: readonly Case[], free: readonly SeenCode[]): [Case, SeenCode][] {
    if (!open.every((c) => mayAdopt(c, this.#day.at)) || open.some((c) => this.verdicts.has(c.vn))) return [];
    const [c] = open;
    const [code] = free;
    if (c === undefined || code === undefined) return [];
    if (open.length === 1) return free.length === 1 ? [[c, code]] : [];
    const rivals = this.cases.filter((other) => other.claimType === c.claimType && !standsNoMore(other));
    const shares = shareByTime(
      open.map(({ vn, visit }) => ({ vn, startedAt: visit.startedAt })),
      free,
      rivals.map((other) => other.visit.startedAt),
      c.serviceDate,
    );
    return open.flatMap((one) => {
      const share = shares?.get(one.vn);
      return share === undefined ? [] : [[one, share] as [Case, SeenCode]];
    });
  }

  #give(c: Case, seen: SeenCode): void {
    const { claimCode, claimType, source, hcode, issuedAt, pid } = seen;
    const take = { claimCode, claimType, hcode, issuedAt, pid };
    this.verdicts.set(c.vn, verdict(c, 'found', { claimCode, claimType, source, take }));
  }

  /** No code fits: what else of the person and day there is, says what becomes of the visit. */
  withoutFit(c: Case): Verdict {
    if (isUnaskable(c)) return verdict(c, 'missing', { detail: told(c) });
    const judged = this.#seen.map((code) => this.#judge(c, code));
    const near = judged.filter(({ code, misfits: wrong }) => this.#isNear(c, code, wrong));
    if (near.length > 0) return verdict(c, 'ambiguous', { candidates: near.map(candidateOf) });
    const elsewhere = judged.filter(({ code, misfits: wrong }) => isElsewhere(c, code, wrong));
    if (elsewhere.length > 0) return verdict(c, 'other-hospital', { candidates: elsewhere.map(candidateOf) });
    const ofTheDay = judged.filter((j) => !j.misfits.includes('person') && !j.misfits.includes('date'));
    const isUnderWay = !mayAdopt(c, this.#day.at) && c.state !== 'needs-staff';
    const detail = isUnderWay ? 'its own request to NHSO has not come to an end yet' : told(c);
    return verdict(c, 'missing', { detail, candidates: ofTheDay.map(candidateOf) });
  }

  /** A person may see that it is the visit's after all: another claim type, or a fact that NHSO does not tell. */
  #isNear(c: Case, code: SeenCode, wrong: readonly Misfit[]): boolean {
    if (wrong.some((m) => ['person', 'not-a-code', 'close-visit-code'].includes(m))) return false;
    if (this.#statedOtherwise(c, code).length > 0) return false;
    if (wrong.includes('held-by-other-visit')) {
      const holder = this.#otherHolder(c, code.claimCode);
      return holder !== null && this.#standsNoMore(holder);
    }
    // one that fits another visit of the person is that one's
    return !this.#open.some((other) => other !== c && isMatchable(other) && this.#fits(other, code));
  }

  #fitting(c: Case): SeenCode[] {
    return isMatchable(c) ? this.#seen.filter((code) => this.#fits(c, code)) : [];
  }

  #fits(c: Case, code: SeenCode): boolean {
    return this.#judge(c, code).misfits.length === 0;
  }

  #judge(c: Case, code: SeenCode): Judged {
    const holder = this.#otherHolder(c, code.claimCode);
    const heldBy = holder === null ? null : vnHere(c, holder);
    return { code, misfits: misfits(code, wantedOf(c), holder !== null), heldBy };
  }

  /**
   * Another visit, of whatever hospital, that holds the code: in the ledger, in the HIS, or by what was said of it just now.
   * One that stands no more is named only where no other holds it.
   */
  #otherHolder(c: Case, claimCode: string): CodeHolder | null {
    const isHere = (code: string | null | undefined): boolean =>
      code !== null && code !== undefined && isSameCode(code, claimCode);
    const siblings = this.cases.filter(
      (other) =>
        other.vn !== c.vn &&
        (isHere(other.code?.claimCode) ||
          isHere(other.visit.code) ||
          isHere(this.verdicts.get(other.vn)?.take?.claimCode)),
    );
    const standing = siblings.find((other) => !standsNoMore(other));
    if (standing !== undefined) return standing;
    const holder = this.#day.holderOf(claimCode, c);
    const isOther = holder !== null && (holder.hcode !== c.hcode || holder.vn !== c.vn);
    return isOther ? holder : (siblings[0] ?? null);
  }

  /** The registration that the patient's visit took the place of may still bear its code. */
  #standsNoMore(holder: CodeHolder): boolean {
    return this.cases.some((c) => c.vn === holder.vn && c.hcode === holder.hcode && standsNoMore(c));
  }

  /** In what NHSO says something else than the visit; what it does not say is no contradiction. */
  #statedOtherwise(c: Case, { hcode, issuedAt }: SeenCode): string[] {
    const isOtherDay = issuedAt !== null && serviceDateOf(issuedAt) !== c.serviceDate;
    return [...(hcode !== null && hcode !== c.hcode ? ['hospital'] : []), ...(isOtherDay ? ['day'] : [])];
  }
}

/** A confirm's answer comes within its time-out, which is at most two minutes; NHSO's clock may differ from ours. */
const ANSWER_COMES_WITHIN_MS = 5 * 60_000;

interface Judged {
  code: SeenCode;
  misfits: readonly Misfit[];
  heldBy: string | null;
}

function candidateOf({ code, misfits: wrong, heldBy }: Judged): Candidate {
  return toCandidate(code, wrong, heldBy);
}

function isElsewhere(c: Case, code: SeenCode, wrong: readonly Misfit[]): boolean {
  if (wrong.includes('person') || wrong.includes('date')) return false;
  const isCode = isPlausibleCode(code.claimCode) && codeKind(code.claimCode) !== 'EP';
  return isCode && code.hcode !== null && code.hcode !== c.hcode;
}

function vnHere(c: Case, holder: CodeHolder): string | null {
  return holder.hcode === c.hcode ? holder.vn : null;
}

function whyNotGiven(open: readonly Case[], free: readonly SeenCode[]): string {
  if (open.length === 1)
    return free.length > 1 ? 'several codes fit' : 'the case is in the hands of a person';
  return `${free.length} code(s) for ${open.length} visits of the person, and their times do not tell whose each is`;
}

/** What the HIS holds may be wrong, so that a free code may be this visit's. */
function isDoubtful({ code, visit }: Case, { outcome }: Verdict): boolean {
  if (outcome === 'disagree') return true;
  return outcome === 'ambiguous' && visit.code !== null && (code === null || code.source === 'his');
}
