/** What is said of one person's visits, with as few questions to NHSO as it takes. */

import type { Case } from '../../domain/case.ts';
import { mayBeAnswerTo } from '../../domain/machine/lookup.ts';
import { codeKey, isSameCode, type ShownCode } from '../../domain/reconcile/shown.ts';
import type { CodeHolder } from '../../domain/reconcile/verdict.ts';
import { lacksCode, needsNoAsking, type PersonDay, reconcile, type Verdict } from '../../domain/reconcile.ts';
import type { ReconciliationItem } from '../ports/reconciliations.ts';
import type { House } from '../site.ts';
import type { Day } from './day.ts';
import type { Heard, Sources } from './sources.ts';

export interface JudgeOptions {
  sources: Sources;
  /** Of an earlier run of the same day, by visit: what NHSO showed then need not be asked for again. */
  before: ReadonlyMap<string, ReconciliationItem>;
  inHis: Day['inHis'];
  onlyMissing: boolean;
}

export class Judge {
  readonly #house: Pick<House, 'ledger' | 'clock'>;
  readonly #options: JudgeOptions;

  constructor(house: Pick<House, 'ledger' | 'clock'>, options: JudgeOptions) {
    this.#house = house;
    this.#options = options;
  }

  /** True when NHSO must be asked before anything is said of these visits of one person. */
  asks(cases: readonly Case[]): boolean {
    if (cases.some(lacksCode)) return true;
    return (
      !this.#options.onlyMissing && cases.some((c) => !needsNoAsking(c) && this.#shownBefore(c) === null)
    );
  }

  /** Everything that the sources show of the person. Only for those for whom {@link asks} holds. */
  async hear(cases: readonly Case[]): Promise<Heard> {
    const asking = cases.find(lacksCode) ?? cases.find((c) => !needsNoAsking(c));
    if (asking?.pid == null) throw new TypeError('nobody to ask for');
    const { pid, stationId } = asking;
    return this.#options.sources.hear({ pid, stationId }, cases.some(lacksCode), async (heard) => {
      const verdicts = await this.judge(cases, heard.shown);
      return verdicts.every((v) => isSettled(v, cases));
    });
  }

  async judge(cases: readonly Case[], shown: readonly ShownCode[]): Promise<Verdict[]> {
    const all = [...shown, ...cases.flatMap((c) => this.#shownBefore(c) ?? [])];
    return reconcile({
      cases,
      shown: all,
      holderOf: await this.#holders(cases, all),
      at: this.#house.clock.now(),
    });
  }

  async #holders(cases: readonly Case[], shown: readonly ShownCode[]): Promise<PersonDay['holderOf']> {
    const here = cases.flatMap((c) => c.visit.code ?? []);
    const codes = new Set([...shown.map((s) => s.claimCode), ...here]);
    const holders = new Map<string, CodeHolder[]>();
    for (const claimCode of codes) {
      const holder = await this.#house.ledger.holderOfCode(claimCode);
      const inHis = this.#options.inHis.get(codeKey(claimCode)) ?? [];
      holders.set(codeKey(claimCode), holder === null ? [...inHis] : [holder, ...inHis]);
    }
    for (const asker of await this.#askersGone(cases)) {
      for (const code of shown) {
        const isHeld = (holders.get(codeKey(code.claimCode)) ?? []).length > 0;
        if (!isHeld && mayBeAnswerTo(asker, code)) holders.set(codeKey(code.claimCode), [asker]);
      }
    }
    const isSame = (a: CodeHolder, b: CodeHolder): boolean => a.hcode === b.hcode && a.vn === b.vn;
    return (claimCode, notOf) =>
      (holders.get(codeKey(claimCode)) ?? []).find((h) => !isSame(h, notOf)) ?? null;
  }

  /** Visits of the person that the HIS shows no more, and whose confirm has lost its answer: the code may be that one's. */
  async #askersGone(cases: readonly Case[]): Promise<Case[]> {
    const { ledger } = this.#house;
    const found: Case[] = [];
    for (const [claimType, [any]] of Map.groupBy(cases, (c) => c.claimType)) {
      if (any === undefined || any.pid === null || claimType === null) continue;
      const asker = await ledger.askerOf(any.hcode, any.pid, any.serviceDate, claimType);
      if (asker === null || cases.some((c) => c.vn === asker.vn)) continue;
      const gone = await ledger.case(asker);
      if (gone !== null) found.push(gone);
    }
    return found;
  }

  /** The code that the HIS holds, if an earlier run has seen that NHSO shows it. */
  #shownBefore({ vn, pid, visit }: Case): ShownCode | null {
    const item = this.#options.before.get(vn);
    const origin = ORIGINS.find((o) => o === item?.source);
    if (item?.outcome !== 'had-one' || origin === undefined || item.claimCode === null) return null;
    if (visit.code === null || !isSameCode(visit.code, item.claimCode)) return null;
    return {
      claimCode: visit.code,
      claimType: item.claimType,
      hcode: null,
      issuedAt: null,
      pid,
      source: origin,
    };
  }
}

const ORIGINS = ['authen-status', 'agent', 'report'] as const;

/** No further source would change it. */
function isSettled(verdict: Verdict, cases: readonly Case[]): boolean {
  const c = cases.find((one) => one.vn === verdict.vn);
  if (verdict.outcome === 'found' || verdict.outcome === 'not-required') return true;
  // one that the HIS holds is settled once a source has shown it, and so is what nobody can be asked about
  if (verdict.outcome === 'had-one') return verdict.source !== null;
  return c !== undefined && needsNoAsking(c);
}
