/** What a key may ask for in a query, beyond the scope that the gate has looked at. Both throw 403. */

import { type Caller, mayUseSite } from './caller.ts';
import type { Showing } from './case-json.ts';
import { refuse } from './gate.ts';

/** The site that a list is narrowed to: the one that is asked for, else the key's own, else none. */
export function siteAsked(caller: Caller, site: string | undefined): { hcode?: string } {
  if (site !== undefined && !mayUseSite(caller, site)) {
    refuse(`site: the key is bound to site ${caller.hcode}.`, 'Leave site out, or use a key of that site.');
  }
  const hcode = caller.hcode ?? site;
  return hcode === undefined ? {} : { hcode };
}

/** Whether citizen ids are shown whole; whoever shows them writes it down before. */
export function showingAsked(caller: Caller, unmasked: 'true' | 'false' | undefined): Showing {
  if (unmasked !== 'true') return 'masked';
  if (caller.scopes.has('pid:read')) return 'whole';
  return refuse('The key lacks the scope "pid:read".', 'Ask without unmasked, or use a key that has it.');
}
