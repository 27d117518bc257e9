/** The list of tokens on a terminal and as JSON. */

import { bangkokIso, DAY_MS, type Instant } from '../../domain/bangkok.ts';
import type { ShownState } from './next-step.ts';
import type { TokenView } from './view.ts';

const HEAD = ['site', 'kind', 'state', 'account', 'made', 'dies', 'last used', 'source'] as const;
const NONE = '–';

export function asText(views: readonly TokenView[], now: Instant): string {
  if (views.length === 0) {
    const keys = 'nhso.ucTokenFile, nhso.srmTokenFile or nhso.serviceToken';
    return `No token is configured: a site that is to have one names ${keys}.`;
  }
  const rows = views.map((view) => cells(view, now));
  const widths = HEAD.map((head, at) => Math.max(head.length, ...rows.map((row) => (row[at] ?? '').length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd();
  const told = views.flatMap(({ next }, at) => [
    line(rows[at] ?? []),
    ...(next === null ? [] : [`       → ${next}`]),
  ]);
  return [line(HEAD), ...told].join('\n');
}

/** Instants as ISO texts with Bangkok's offset. */
export function asJson(views: readonly TokenView[]): string {
  const iso = (at: Instant | null): string | null => (at === null ? null : bangkokIso(at));
  const tokens = views.map(({ accountAge, ...view }) => ({
    ...view,
    obtainedAt: iso(view.obtainedAt),
    diesAt: iso(view.diesAt),
    lastUsedAt: iso(view.lastUsedAt),
    refusedAt: iso(view.refusedAt),
    accountAge:
      accountAge === null
        ? null
        : { days: accountAge.days, warning: accountAge.warning, cancelledAt: iso(accountAge.cancelledAt) },
  }));
  return JSON.stringify({ tokens }, null, 2);
}

function cells(view: TokenView, now: Instant): string[] {
  return [
    view.hcode,
    view.kind,
    stateText(view),
    view.account ?? NONE,
    view.obtainedAt === null ? NONE : `${minute(view.obtainedAt)} (${ago(view.obtainedAt, now)})`,
    view.diesAt === null ? NONE : minute(view.diesAt),
    view.lastUsedAt === null ? NONE : `${minute(view.lastUsedAt)} (${ago(view.lastUsedAt, now)})`,
    view.source,
  ];
}

const STATES: Record<ShownState, string> = {
  alive: 'works',
  expired: 'expired',
  refused: 'refused',
  missing: 'missing',
  unused: 'not configured',
};

function stateText({ kind, state, refusedAt }: TokenView): string {
  if (state === 'expired' && kind === 'uc') return 'died at midnight';
  if (state === 'refused' && refusedAt !== null) return `refused ${minute(refusedAt)}`;
  return STATES[state];
}

/** Bangkok time. */
function minute(at: Instant): string {
  return bangkokIso(at).slice(0, 16).replace('T', ' ');
}

function ago(at: Instant, now: Instant): string {
  const ms = now - at;
  // the clock of whoever wrote it was ahead, or ours is behind
  if (ms < -60_000) return 'in the future';
  if (ms < 3_600_000) return `${Math.max(0, Math.floor(ms / 60_000))} min`;
  return ms < 2 * DAY_MS ? `${Math.floor(ms / 3_600_000)} h` : `${Math.floor(ms / DAY_MS)} days`;
}
