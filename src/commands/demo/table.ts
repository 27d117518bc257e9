/** The live table of visits, and the final one. On a terminal it is drawn in place; else each change is one line. */

import { styleText } from 'node:util';
import { timeOfDay } from '../../domain/bangkok.ts';
import type { Case, CaseState } from '../../domain/case.ts';
import { reasonText, stateText } from '../../domain/reason-text.ts';

/** States on the way from one step to the next; any other is final or waits for something that has a name. */
const ON_THE_WAY: readonly CaseState[] = [
  'ready',
  'drafted',
  'confirming',
  'unknown',
  'confirmed',
  'found-elsewhere',
];

export function isAtRest(c: Case): boolean {
  return !ON_THE_WAY.includes(c.state);
}

const COLOURS: Partial<Record<CaseState, Parameters<typeof styleText>[0]>> = {
  written: 'green',
  'needs-staff': 'yellow',
  'awaiting-card': 'cyan',
  'not-required': 'gray',
  cancelled: 'gray',
};

/** Rows that a terminal shows while the work goes on. */
const LIVE_ROWS = 24;

export class Table {
  readonly #expected: number;
  readonly #isTerminal: boolean;
  #cases: readonly Case[] = [];
  #drawn = 0;
  readonly #told = new Map<string, CaseState>();

  constructor(expected: number, isTerminal: boolean) {
    this.#expected = expected;
    this.#isTerminal = isTerminal;
  }

  draw(cases: readonly Case[], registered: number): void {
    this.#cases = cases.toSorted((a, b) => (a.vn < b.vn ? -1 : 1));
    if (this.#isTerminal) this.#redraw(registered);
    else this.#tellChanges(registered);
  }

  /** True when every visit that was registered stands in the table at rest. */
  printFinal(registered: number): boolean {
    if (this.#isTerminal) process.stdout.write('\u001b[0J');
    console.log(`\nAll visits (${registered} registered)\n${HEADER}`);
    for (const c of this.#cases) console.log(row(c, this.#isTerminal));
    const isComplete = this.#cases.length === registered && this.#cases.every(isAtRest);
    console.log(`\n${summary(this.#cases)}`);
    console.log(isComplete ? 'Every visit is accounted for.' : 'NOT every visit is accounted for.');
    return isComplete;
  }

  #redraw(registered: number): void {
    const rows = this.#cases.slice(-LIVE_ROWS).map((c) => row(c, true));
    const lines = [progress(registered, this.#expected, this.#cases), HEADER, ...rows];
    if (this.#drawn > 0) process.stdout.write(`\u001b[${this.#drawn}A`);
    process.stdout.write(lines.map((line) => `${line}\u001b[K\n`).join(''));
    this.#drawn = lines.length;
  }

  #tellChanges(registered: number): void {
    for (const c of this.#cases) {
      if (this.#told.get(c.vn) === c.state) continue;
      this.#told.set(c.vn, c.state);
      console.log(`[${registered}/${this.#expected}] ${row(c, false)}`);
    }
  }
}

const HEADER = `${'time'.padEnd(9)} ${'visit (vn)'.padEnd(13)} ${'state'.padEnd(15)} ${'code'.padEnd(13)} why`;

function row(c: Case, isColoured: boolean): string {
  const state = c.state.padEnd(15);
  const colour = COLOURS[c.state];
  const shown = isColoured && colour !== undefined ? styleText(colour, state) : state;
  const code = (c.code?.claimCode ?? '-').padEnd(13);
  return `${timeOfDay(c.visit.startedAt).padEnd(9)} ${c.vn.padEnd(13)} ${shown} ${code} ${why(c)}`.trimEnd();
}

function why(c: Case): string {
  if (c.reason !== null) return reasonText(c.reason).en;
  return isAtRest(c) && c.state !== 'written' ? stateText(c.state).en : '';
}

function progress(registered: number, expected: number, cases: readonly Case[]): string {
  const atRest = cases.filter(isAtRest).length;
  const width = 30;
  const full = Math.round((width * atRest) / Math.max(1, expected));
  return `[${'#'.repeat(full)}${'.'.repeat(width - full)}] ${registered}/${expected} registered, ${summary(cases)}`;
}

function summary(cases: readonly Case[]): string {
  const counts = new Map<string, number>();
  for (const c of cases) counts.set(c.state, (counts.get(c.state) ?? 0) + 1);
  return [...counts]
    .toSorted((a, b) => b[1] - a[1])
    .map(([state, n]) => `${n} ${state}`)
    .join(', ');
}
