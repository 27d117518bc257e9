/** Looks for citizen ids in what a run has printed. Rule 9: none may ever appear. */

import { maskCitizenId, parseCitizenId } from '../../src/domain/citizen-id.ts';

/**
 * Thirteen digits, bare or grouped 1-4-5-2-1 with dashes or spaces. Digits behind a decimal point are a fraction
 * (a duration in a report has as many), not a person.
 */
const THIRTEEN = /(?<!\d|\d\.)\d[- ]?\d{4}[- ]?\d{5}[- ]?\d{2}[- ]?\d(?!\d)/g;

/** Random or hashed text holds runs of digits by chance; nobody writes a person into it. */
const RANDOM = /\b(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32,})\b/gi;

const ANSI = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g');

const FIVE_YEARS_MS = 5 * 365.25 * 24 * 3600 * 1000;

/**
 * The citizen ids in a line, masked. Digits hidden by colours, by address encoding (`%2D`, `%31`, also twice) or by
 * JSON escapes are seen too.
 */
export function citizenIdsIn(line: string, now: number = Date.now()): string[] {
  const found = new Set<string>();
  for (const text of readings(line.replace(ANSI, ''))) {
    for (const [run] of text.replace(RANDOM, '…').matchAll(THIRTEEN)) {
      const pid = parseCitizenId(run);
      if (pid !== null && !isEpochMs(run, now)) found.add(maskCitizenId(pid));
    }
  }
  return [...found];
}

/**
 * A time in milliseconds since 1970 has thirteen digits as well, and one in ten has a valid check digit, so a log
 * line with a time would fail the run by chance. The invented people of the tests keep away from the numbers within
 * five years of today, which costs nothing; a time is never grouped with dashes.
 */
function isEpochMs(run: string, now: number): boolean {
  return /^\d{13}$/.test(run) && Math.abs(Number(run) - now) < FIVE_YEARS_MS;
}

/** The line as it stands, and as it reads with its escapes undone once and twice. */
function readings(line: string): string[] {
  const once = withoutEscapes(line);
  const twice = withoutEscapes(once);
  return [...new Set([line, once, twice])];
}

function withoutEscapes(text: string): string {
  return text
    .replace(/%([2-7][0-9a-f])/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/\\u00([2-7][0-9a-f])/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
