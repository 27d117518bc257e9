/** One way for every call of a simulator: delay, ordered faults, the work, the answer (or its loss), the journal. */

import { setTimeout as timer } from 'node:timers/promises';
import type { Request, RequestHandler, Response } from 'express';
import { type Breakage, breakAnswer } from './breakage.ts';
import type { Faults, Late } from './faults.ts';
import type { Seen } from './journal.ts';
import { json, type Said, send } from './said.ts';
import { errorBody, SpringFault } from './spring.ts';

/** How a service puts into words what came of a call. */
export interface Form {
  good(result: unknown): Said;
  bad(fault: SpringFault, path: string, now: number): Said;
  /** Its words when what stands behind it does not answer. */
  readonly unreachable: string;
}

/** What a call is served by. `Notes`: what a handler may note for the journal. */
export interface Desk<Call extends string, Notes> {
  readonly faults: Faults<Call>;
  readonly clock: { now(): number; readonly clockOffsetMs: number };
  readonly form: Form;
  notes(): Notes;
  /** Told of each call once it is over. */
  seen(entry: Omit<Seen, 'seq' | 'pid' | 'call'> & { call: Call }, notes: Notes): void;
}

/** Thrown by a handler whose service is down: no work is done, and the answer breaks. */
export class ServiceDown extends Error {
  readonly how: Breakage;
  readonly delayMs: number;

  constructor({ how, delayMs }: Outage) {
    super('the service is down');
    this.how = how;
    this.delayMs = delayMs;
  }
}

/** `delayMs` passes before the breakage. */
export interface Outage {
  how: Breakage;
  delayMs: number;
}

/** Spring Boot's JSON. */
export function springForm(unreachable: string): Form {
  return {
    good: (result) => json(200, result),
    bad: (fault, path, now) => json(fault.status, errorBody(fault, path, now)),
    unreachable,
  };
}

/** `pause`: to be awaited between having looked at the request and doing what it asks for; null when nothing is to come between. */
export type Work<Notes> = (req: Request, notes: Notes, pause: (() => Promise<void>) | null) => unknown;

export function serveCall<Call extends string, Notes>(
  desk: Desk<Call, Notes>,
  call: Call,
  work: Work<Notes>,
): RequestHandler {
  return async (req, res) => {
    const started = performance.now();
    const at = new Date(desk.clock.now()).toISOString();
    const notes = desk.notes();
    const { delayMs, fail, lose } = desk.faults.plan(call);
    const end = async (): Promise<Pick<Seen, 'outcome' | 'status'>> => {
      if (lose !== null && lose.late !== null) {
        return loseThenWork(desk, req, res, { how: lose.how, late: lose.late }, (pause) =>
          work(req, notes, pause),
        );
      }
      if (delayMs > 0) await sleep(delayMs);
      const result =
        fail === null
          ? await attempt(() => work(req, notes, null))
          : new SpringFault(fail.status, fail.message);
      return answer(desk, req, res, result, lose?.how ?? null);
    };
    const { outcome, status } = await end();
    const ms = Math.round((performance.now() - started) * 10) / 10;
    desk.seen({ at, call, outcome, status, ms }, notes);
  };
}

/** The caller's line breaks, and the service works on: nobody hears of what it does. */
async function loseThenWork<Call extends string, Notes>(
  { clock, form }: Desk<Call, Notes>,
  req: Request,
  res: Response,
  { how, late }: { how: Breakage; late: Late },
  work: (pause: () => Promise<void>) => unknown,
): Promise<Pick<Seen, 'outcome' | 'status'>> {
  const breakLine = async (): Promise<number | null> => {
    await sleep(late.breaksAfterMs);
    const failure = form.bad(new SpringFault(500, form.unreachable), req.path, clock.now());
    return breakAnswer(res, how, { ...failure, status: 200 }, failure);
  };
  const [status, result] = await Promise.all([
    breakLine(),
    attempt(() => work(() => sleep(late.worksAfterMs))),
  ]);
  return { outcome: result instanceof ServiceDown ? 'nhso-down' : 'lost', status };
}

async function attempt(work: () => unknown): Promise<unknown> {
  try {
    return await work();
  } catch (thrown) {
    if (thrown instanceof SpringFault || thrown instanceof ServiceDown) return thrown;
    throw thrown;
  }
}

async function answer<Call extends string, Notes>(
  { clock, form }: Desk<Call, Notes>,
  req: Request,
  res: Response,
  result: unknown,
  lose: Breakage | null,
): Promise<Pick<Seen, 'outcome' | 'status'>> {
  const now = clock.now();
  if (clock.clockOffsetMs !== 0) res.setHeader('date', new Date(now).toUTCString());
  const failure = form.bad(new SpringFault(500, form.unreachable), req.path, now);
  if (result instanceof ServiceDown) {
    if (result.delayMs > 0) await sleep(result.delayMs);
    const nothing = { ...failure, status: 200 };
    return { outcome: 'nhso-down', status: breakAnswer(res, result.how, nothing, failure) };
  }
  const fault = result instanceof SpringFault ? result : null;
  const said = fault === null ? form.good(result) : form.bad(fault, req.path, now);
  if (lose !== null) return { outcome: 'lost', status: breakAnswer(res, lose, said, failure) };
  send(res, said);
  if (fault === null) return { outcome: 'answered', status: said.status };
  return { outcome: said.status >= 500 ? 'failed' : 'refused', status: said.status };
}

/** Not a reason to stay alive once the simulator is closed. */
function sleep(ms: number): Promise<void> {
  return timer(ms, undefined, { ref: false });
}
