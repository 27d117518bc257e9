/** The visits of a day as cases, a person's together. A dry run makes in memory what a real one has the ledger keep. */

import type { ServiceDate } from '../../domain/bangkok.ts';
import type { Case } from '../../domain/case.ts';
import { isTakenOut, openCase, toStaff, visitSeen } from '../../domain/machine/facts.ts';
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
  /** By code, as `codeKey` writes it: the visit of the day whose row holds it in the HIS. */
  inHis: ReadonlyMap<string, CodeHolder>;
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
  return { cases: dryRun ? await withoutDoubles(tools, cases) : cases, unheld, inHis: codesInHis(visits) };
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

/** The ledger would not have let two cases hold one code: what the HIS holds twice is the first one's. */
async function withoutDoubles({ house }: NightTools, cases: readonly Case[]): Promise<Case[]> {
  const holders = new Map<string, CodeHolder | null>();
  const result: Case[] = [];
  for (const c of [...cases].sort((a, b) => (a.vn < b.vn ? -1 : 1))) {
    const claimCode = c.code?.source === 'his' ? c.code.claimCode : null;
    if (claimCode === null) {
      result.push(c);
      continue;
    }
    const holder = holders.get(claimCode) ?? (await house.ledger.holderOfCode(claimCode)) ?? c;
    holders.set(claimCode, holder);
    const isOwn = holder.hcode === c.hcode && holder.vn === c.vn;
    const cause = { event: 'code-held', at: house.clock.now() };
    result.push(isOwn ? c : toStaff({ ...c, code: null }, 'code-held', claimCode, cause).next);
  }
  return result;
}

function codesInHis(visits: readonly Visit[]): Map<string, CodeHolder> {
  const sorted = [...visits].sort((a, b) => (a.vn < b.vn ? 1 : -1));
  return new Map(
    sorted.flatMap(({ hcode, vn, code }) => (code === null ? [] : [[codeKey(code), { hcode, vn }] as const])),
  );
}
