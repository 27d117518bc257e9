/** What a bench has measured, beside what it was meant to be: as a table for people and as JSON for comparison. */

export interface Figure {
  /** Which part measured it: "pipeline". */
  part: string;
  name: string;
  /** Null: it cannot be measured on this machine. */
  value: number | null;
  unit: string;
  /** What issue 2 aims for; absent for a figure that only explains another. */
  aim?: { atLeast: number } | { atMost: number };
}

export function meetsAim({ value, aim }: Figure): boolean | null {
  if (aim === undefined || value === null) return null;
  return 'atLeast' in aim ? value >= aim.atLeast : value <= aim.atMost;
}

export function table(figures: readonly Figure[]): string {
  const rows = figures.map((f) => [f.part, f.name, aimText(f), valueText(f), verdict(f)]);
  const all = [['part', 'figure', 'aim', 'measured', ''], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => (i === 2 || i === 3 ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd();
  return all.map(line).join('\n');
}

/** The value below which the given share (0…1) of the values lies: nearest rank. NaN when there are none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

function aimText({ aim, unit }: Figure): string {
  if (aim === undefined) return '';
  return 'atLeast' in aim ? `≥ ${number(aim.atLeast)} ${unit}` : `≤ ${number(aim.atMost)} ${unit}`;
}

function valueText({ value, unit }: Figure): string {
  return value === null ? 'not here' : `${number(value)} ${unit}`.trimEnd();
}

function verdict(figure: Figure): string {
  const met = meetsAim(figure);
  if (met === null) return '';
  return met ? 'ok' : 'BELOW AIM';
}

function number(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en', { maximumFractionDigits: digits });
}
