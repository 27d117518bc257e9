/** The state that the calls of NHSO's web services look at, and the way they are served. */

import type { RequestHandler } from 'express';
import type { Faults } from '../common/faults.ts';
import type { Journal, Seen } from '../common/journal.ts';
import { type Form, type Outage, ServiceDown, serveCall, type Work } from '../common/serve.ts';
import type { NhsoCentre } from '../nhso-agent/centre.ts';
import type { StatusForm } from './authen-status.ts';
import type { WebCall } from './calls.ts';
import type { TokenOffice } from './tokens.ts';

export interface WebEntry extends Seen {
  call: WebCall;
  /** Who asked: a hospital's code, or the citizen id of a member of staff; null when the token was not known. */
  caller: string | null;
  /** The date that was asked about. */
  serviceDate: string | null;
}

export interface WebState {
  readonly centre: NhsoCentre;
  readonly tokens: TokenOffice;
  readonly faults: Faults<WebCall>;
  readonly journal: Journal<WebEntry>;
  /** Main hospital in the rights of everybody. */
  readonly hcode: string;
  readonly outages: Map<WebCall, Outage>;
  form: StatusForm;
  /** What the next SOAP answers say instead of their own `ws_status`. */
  words: { left: number; status: string; description: string }[];
  onCall: ((entry: WebEntry) => void) | null;
  /** Brings in what was issued elsewhere; throws SpringFault when that cannot be reached. */
  refresh: (() => Promise<void>) | null;
}

/** What a handler may note for the journal. */
export type Notes = Pick<WebEntry, 'pid' | 'caller' | 'serviceDate'>;

/** NHSO as a whole may be down, for its agents too, or one call alone. */
export function serve(web: WebState, call: WebCall, form: Form, work: Work<Notes>): RequestHandler {
  const desk = {
    faults: web.faults,
    clock: web.centre,
    form,
    notes: (): Notes => ({ pid: null, caller: null, serviceDate: null }),
    seen: (entry: Omit<WebEntry, 'seq' | keyof Notes>, notes: Notes) => {
      const journalled = web.journal.add({ ...entry, ...notes });
      web.onCall?.(journalled);
    },
  };
  return serveCall(desk, call, (req, notes, pause) => {
    const outage = web.outages.get(call) ?? web.centre.outage;
    if (outage !== null) throw new ServiceDown(outage);
    return work(req, notes, pause);
  });
}
