/** A run as a table for a terminal: the visits that something is to be said of, then every outcome with its next step. */

import { styleText } from 'node:util';
import { bangkokIso } from '../../domain/bangkok.ts';
import { maskCitizenIds } from '../../domain/citizen-id.ts';
import { isNothingToDo, misfitText, outcomeText } from '../../domain/outcome-text.ts';
import { OUTCOMES, type Outcome } from '../../domain/reconcile.ts';
import { reconciliationJson, withoutCitizenId } from '../../http/reconciliation-json.ts';
import type { Reconciliation, ReconciliationItem } from '../../service/ports/reconciliations.ts';
import { inWidth, widthOf, wrap } from '../text-width.ts';

const NARROWEST = 80;
const WIDEST = 200;
/** Of the longest outcome's name. */
const OUTCOME_WIDTH = 14;

/** Whoever needs nothing is counted only, unless all were asked for. */
const QUIET: readonly Outcome[] = ['had-one', 'not-required'];
/** What a person must look at comes first. */
const ORDER: readonly Outcome[] = [
  ...(['ambiguous', 'disagree', 'other-hospital', 'missing', 'found'] as const),
  ...QUIET,
];

const COLOURS: Partial<Record<Outcome, Parameters<typeof styleText>[0]>> = {
  ...{ ambiguous: 'yellow', disagree: 'yellow', 'other-hospital': 'yellow', missing: 'red' },
  ...{ found: 'green', 'not-required': 'gray' },
};

export interface TableOptions {
  /** Of the terminal; undefined where there is none. */
  columns: number | undefined;
  all: boolean;
}

/** Lines, without a line's end. */
export function runTable(
  run: Reconciliation,
  items: readonly ReconciliationItem[],
  { columns, all }: TableOptions,
): string[] {
  const width = Math.min(WIDEST, Math.max(NARROWEST, columns ?? WIDEST));
  const shown = ORDER.filter((outcome) => all || !QUIET.includes(outcome)).flatMap((outcome) =>
    items.filter((item) => item.outcome === outcome),
  );
  const counted = Object.values(run.counts).reduce((a, b) => a + b, 0);
  const quiet = items.length - shown.length;
  const notes = [
    quiet === 0 ? null : `${count(quiet, 'visit')} that had a code or need none: --all shows them.`,
    // a scheduled run that a newer one has followed
    counted === items.length ? null : `Of ${count(counted - items.length, 'visit')} only the number is kept.`,
  ].filter((note) => note !== null);
  return [
    ...headLines(run).flatMap((line) => wrap(line, width)),
    ...(shown.length === 0 ? [] : ['', ...rowLines(shown, width)]),
    ...(notes.length === 0 ? [] : ['', ...notes]),
    '',
    ...summaryLines(run, width),
  ];
}

function headLines(run: Reconciliation): string[] {
  const kind = run.dryRun ? ', a dry run: nothing was written into the HIS' : '';
  const by = `started ${bangkokIso(run.startedAt).slice(0, 16).replace('T', ' ')} by ${run.startedBy}`;
  const trouble = run.trouble === null ? [] : [`Trouble: ${maskCitizenIds(run.trouble)}`];
  return [
    `Reconciliation ${run.id}${kind}`,
    `Site ${run.hcode}, service date ${run.serviceDate}; ${by}; ${run.state}; ${count(run.calls, 'call')} to NHSO`,
    ...trouble,
  ];
}

function rowLines(items: readonly ReconciliationItem[], width: number): string[] {
  const widest = (head: string, of: (item: ReconciliationItem) => string, most: number): number =>
    Math.min(
      most,
      items.reduce((w, item) => Math.max(w, widthOf(of(item))), widthOf(head)),
    );
  const columns = [
    widest('visit (vn)', ({ vn }) => vn, 16),
    widest('hn', ({ hn }) => withoutCitizenId(hn) ?? '-', 12),
    widest('outcome', ({ outcome }) => outcome, OUTCOME_WIDTH),
    widest('code', ({ claimCode }) => withoutCitizenId(claimCode) ?? '-', 20),
  ];
  const rest = width - columns.reduce((sum, column) => sum + column + 1, 0);
  const line = (cells: readonly string[], outcome: Outcome | null): string => {
    const fitted = cells.map((cell, i) => inWidth(cell, columns[i] ?? rest));
    return fitted
      .map((cell, i) => (i === 2 ? coloured(cell, outcome) : cell))
      .join(' ')
      .trimEnd();
  };
  return [
    line(['visit (vn)', 'hn', 'outcome', 'code', 'why'], null),
    ...items.map((item) =>
      line(
        [
          item.vn,
          withoutCitizenId(item.hn) ?? '-',
          item.outcome,
          withoutCitizenId(item.claimCode) ?? '-',
          why(item),
        ],
        item.outcome,
      ),
    ),
  ];
}

/** After the fitting: what colours a text has no width. */
function coloured(text: string, outcome: Outcome | null): string {
  const colour = outcome === null ? undefined : COLOURS[outcome];
  return colour === undefined ? text : styleText(colour, text);
}

function why({ detail, source, candidates, undoneAt }: ReconciliationItem): string {
  const codes = candidates.map(({ claimCode, misfits }) => {
    const wrong = misfits.map((misfit) => misfitText(misfit).en).join(', ');
    const code = withoutCitizenId(claimCode);
    return wrong === '' ? code : `${code} (${wrong})`;
  });
  const all = [
    undoneAt === null ? null : 'undone',
    detail === null ? null : maskCitizenIds(detail),
    source === null ? null : `from ${source}`,
    codes.length === 0 ? null : codes.join('; '),
  ];
  return all.filter((text) => text !== null).join('; ');
}

/** Every outcome with its number, its meaning and, where it has visits, what is to be done; then the sum. */
function summaryLines(run: Reconciliation, width: number): string[] {
  const { counts, sum, hisCount, agrees } = reconciliationJson(run);
  const digits = Math.max(...[...Object.values(counts), sum].map((n) => n.toLocaleString('en').length));
  const indent = ' '.repeat(OUTCOME_WIDTH + digits + 3);
  const entry = (name: string, n: number, text: readonly string[]): string[] => {
    const [first = '', ...more] = text.flatMap((line) => wrap(line, width - indent.length));
    const number = n.toLocaleString('en').padStart(digits);
    return [`${name} ${number}  ${first}`, ...more.map((line) => `${indent}${line}`)];
  };
  const outcomes = OUTCOMES.flatMap((outcome) => {
    const { th, en, next } = outcomeText(outcome, { dryRun: run.dryRun, undone: run.state === 'undone' });
    const hasNext = counts[outcome] > 0 && !QUIET.includes(outcome) && !isNothingToDo(next);
    const text = hasNext ? [th, en, `→ ${next.th}`, `→ ${next.en}`] : [`${th} · ${en}`];
    return entry(coloured(inWidth(outcome, OUTCOME_WIDTH), outcome), counts[outcome], text);
  });
  return [...outcomes, ...entry(inWidth('all', OUTCOME_WIDTH), sum, [sumText({ hisCount, agrees })])];
}

function sumText({ hisCount, agrees }: { hisCount: number | null; agrees: boolean | null }): string {
  if (hisCount === null || agrees === null) return 'The HIS has not been asked for its own count yet.';
  const counted = `the HIS itself counts ${count(hisCount, 'visit')} on that day`;
  return agrees
    ? `Every visit is accounted for: ${counted}.`
    : `NOT every visit is accounted for: ${counted}.`;
}

function count(n: number, what: string): string {
  return `${n.toLocaleString('en')} ${what}${n === 1 ? '' : 's'}`;
}
