/** The visits of a day as cases, a person's together. A dry run makes in memory what a real one has the ledger keep. */

import type { ServiceDate } from '../../domain/bangkok.ts';
import type { Case } from '../../domain/case.ts';
import { isTakenOut, openCase, visitSeen } from '../../domain/machine/facts.ts';
import { codeKey } from '../../domain/reconcile/shown.ts';
import type { CodeHolder } from '../../domain/reconcile/verdict.ts';
import type { Visit } from '../../domain/visit.ts';
import type { Site } from '../site.ts';
import { TakeIn } from '../take-in.ts';
import type { NightTools } from './tools.ts';

export interface Day {
  /** Every visit of the day that the HIS has. */
  cases: readonly Case[];
  /** Visits that the ledger cannot hold: a person must look at their row. */
  unheld: ReadonlySet<string>;
  /** By code, as `codeKey` writes it: the visits of the day that stand and whose rows hold it in the HIS. */
  inHis: ReadonlyMap<string, readonly CodeHolder[]>;
}

export async function readDay(
  tools: NightTools,
  site: Site,
  date: ServiceDate,
  { dryRun }: { dryRun: boolean },
): Promise<Day> {
  const visits = await site.his.visitsOn(date);
  if (!dryRun) {
    const takeIn = new TakeIn(tools.house, site, () => tools.kick());
    await takeIn.take(visits, { remember: false });
  }
  const keys = visits.map(({ hcode, vn }) => ({ hcode, vn }));
  const known = new Map((await tools.house.ledger.cases(keys)).map((c) => [c.vn, c]));
  const cases: Case[] = [];
  const unheld = new Set<string>();
  for (const visit of visits) {
    const current = known.get(visit.vn);
    if (current === undefined && !dryRun) unheld.add(visit.vn);
    const isKept = current !== undefined && !dryRun;
    const kept = isKept ? current : await asItWouldBe(tools, site, visit, current ?? null);
    cases.push(asHisHolds(kept));
  }
  return { cases, unheld, inHis: codesInHis(visits) };
}

/** Our own code in its column is no news to a case, whose visit still shows the column as it was before. */
export function asHisHolds(c: Case): Case {
  if (c.state !== 'written' || c.code === null || c.visit.code !== null) return c;
  return { ...c, visit: { ...c.visit, code: c.code.claimCode } };
}

/** Those of one person are judged together; a visit of whom nobody knows whose it is stands alone. */
export function byPerson(cases: readonly Case[]): Case[][] {
  return [...Map.groupBy(cases, (c) => c.pid ?? `visit ${c.vn}`).values()];
}

async function asItWouldBe(
  { house }: NightTools,
  site: Site,
  visit: Visit,
  current: Case | null,
): Promise<Case> {
  const now = house.clock.now();
  if (current === null) return openCase(visit, site.policy, now).next;
  const isNews = JSON.stringify(current.visit) !== JSON.stringify(visit) || isTakenOut(current, visit);
  if (!isNews) return current;
  const read = current.readId === null ? null : await house.ledger.cardRead(current.readId);
  return visitSeen(current, visit, read, site.policy, now)?.next ?? current;
}

function codesInHis(visits: readonly Visit[]): Map<string, CodeHolder[]> {
  const holders = new Map<string, CodeHolder[]>();
  for (const { hcode, vn, code, cancelled } of visits) {
    if (code === null || cancelled) continue;
    holders.set(codeKey(code), [...(holders.get(codeKey(code)) ?? []), { hcode, vn }]);
  }
  return holders;
}
