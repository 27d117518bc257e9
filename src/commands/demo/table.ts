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

/** Visits that a terminal shows while the work goes on, the newest. */
const LIVE_ROWS = 24;
/** Lines of the live table that are no visits, and the cursor's own. */
const OTHER_LINES = 4;
const OVER = 'Every visit has come to rest; the bridge goes on. Ctrl+C ends the demo.';

export class Table {
  readonly #expected: number;
  readonly #isTerminal: boolean;
  #cases: readonly Case[] = [];
  /** Lines that stand on the terminal, and how wide it was. */
  #drawn = { lines: 0, columns: 0 };
  readonly #told = new Map<string, CaseState>();
  #isOverTold = false;

  constructor(expected: number, isTerminal: boolean) {
    this.#expected = expected;
    this.#isTerminal = isTerminal;
  }

  draw(cases: readonly Case[], registered: number, isOver = false): void {
    this.#cases = cases.toSorted((a, b) => (a.vn < b.vn ? -1 : 1));
    if (this.#isTerminal) this.#redraw(registered, isOver);
    else this.#tellChanges(registered, isOver);
  }

  /** True when every visit that was registered stands in the table at rest. */
  printFinal(registered: number): boolean {
    this.#erase(process.stdout.columns || 80);
    console.log(`\nAll visits (${registered} registered)\n${HEADER}`);
    for (const c of this.#cases) console.log(coloured(c, row(c)));
    const isComplete = this.#cases.length === registered && this.#cases.every(isAtRest);
    console.log(`\n${summary(this.#cases)}`);
    console.log(isComplete ? 'Every visit is accounted for.' : 'NOT every visit is accounted for.');
    return isComplete;
  }

  #redraw(registered: number, isOver: boolean): void {
    const { columns: width, rows: height } = process.stdout;
    // a line that wraps, or one that has left at the top, could not be drawn over
    const columns = width || 80;
    const visible = Math.max(1, Math.min(LIVE_ROWS, (height || 24) - OTHER_LINES));
    const cut = (line: string): string => line.slice(0, columns - 1);
    const lines = [
      cut(progress(registered, this.#expected, this.#cases)),
      cut(HEADER),
      ...this.#cases.slice(-visible).map((c) => coloured(c, cut(row(c)))),
      cut(isOver ? OVER : ''),
    ];
    this.#erase(columns);
    process.stdout.write(lines.map((line) => `${line}\n`).join(''));
    this.#drawn = { lines: lines.length, columns };
  }

  #erase(columns: number): void {
    const { lines } = this.#drawn;
    if (lines === 0) return;
    // after a change of width nobody knows where the lines have gone: begin on a clean screen
    const up = columns === this.#drawn.columns ? `\r\u001b[${lines}A` : '\u001b[2J\u001b[H';
    process.stdout.write(`${up}\u001b[0J`);
    this.#drawn = { lines: 0, columns };
  }

  #tellChanges(registered: number, isOver: boolean): void {
    for (const c of this.#cases) {
      if (this.#told.get(c.vn) === c.state) continue;
      this.#told.set(c.vn, c.state);
      console.log(`[${registered}/${this.#expected}] ${row(c)}`);
    }
    if (isOver && !this.#isOverTold) console.log(OVER);
    this.#isOverTold ||= isOver;
  }
}

/** Where the state stands in a row. */
const STATE = { from: 24, to: 39 };
const HEADER = `${'time'.padEnd(9)} ${'visit (vn)'.padEnd(13)} ${'state'.padEnd(15)} ${'code'.padEnd(13)} why`;

function row(c: Case): string {
  const code = (c.code?.claimCode ?? '-').padEnd(13);
  const start = `${timeOfDay(c.visit.startedAt).padEnd(9)} ${c.vn.padEnd(13)} `;
  return `${start}${c.state.padEnd(15)} ${code} ${why(c)}`.trimEnd();
}

/** After the cutting: what colours a text has no width. On a terminal without colours it stays as it is. */
function coloured(c: Case, text: string): string {
  const colour = COLOURS[c.state];
  if (colour === undefined) return text;
  const { from, to } = STATE;
  return `${text.slice(0, from)}${styleText(colour, text.slice(from, to))}${text.slice(to)}`;
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
