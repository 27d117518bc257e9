/** What a person reads of the runs. */

import type { RunResult } from './run.ts';

export function resultLine(result: RunResult): string {
  const { seed, about, violations, failure, visits, confirms, restarts, settledAfterMs, ms, folder } = result;
  const head = `seed ${seed}  ${verdict(result)}  ${Math.round(ms / 1000)} s, at rest after ${(settledAfterMs / 1000).toFixed(1)} s`;
  const facts = `${visits} visits, ${confirms} confirms${restarts > 0 ? `, ${restarts} ended by themselves` : ''}`;
  const broken = [...violations, ...(failure === null ? [] : [failure])].map((text) => `\n         ${text}`);
  const where = folder === null ? '' : `\n         kept in ${folder}`;
  return `${head} · ${facts}  ${about}${broken.join('')}${where}`;
}

function verdict({ violations, failure }: RunResult): string {
  if (failure !== null) return 'NOT MADE';
  return violations.length === 0 ? 'ok' : 'BROKEN';
}

export function reportOf(results: readonly RunResult[], ms: number): string {
  const sum = (of: (r: RunResult) => number): number => results.reduce((total, r) => total + of(r), 0);
  const ends = new Map<string, number>();
  for (const result of results) {
    for (const [end, n] of Object.entries(result.ends)) ends.set(end, (ends.get(end) ?? 0) + n);
  }
  const where = [...ends].sort((a, b) => b[1] - a[1]).map(([end, n]) => `  ${String(n).padStart(6)}  ${end}`);
  const broken = results.filter((r) => r.violations.length > 0);
  const notMade = results.filter((r) => r.failure !== null);
  const seeds = (some: readonly RunResult[]): string =>
    some.length === 0 ? '' : ` (seeds ${some.map((r) => r.seed).join(', ')})`;
  const rests = results.map((r) => r.settledAfterMs).sort((a, b) => a - b);
  const longest = ((rests.at(-1) ?? 0) / 1000).toFixed(1);
  const middle = ((rests[Math.floor(rests.length / 2)] ?? 0) / 1000).toFixed(1);
  return [
    '',
    `${results.length} runs in ${Math.round(ms / 1000)} s: ${sum((r) => r.visits)} visits, ${sum((r) => r.confirms)} confirms`,
    ...where,
    `at rest after ${middle} s (median), ${longest} s (longest)`,
    `${sum((r) => r.violations.length)} violations in ${broken.length} runs${seeds(broken)}, ${notMade.length} not made${seeds(notMade)}`,
  ].join('\n');
}
