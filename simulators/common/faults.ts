/** What shall go wrong at one simulator: delays, failures of the next calls, answers lost after the work was done. */

import type { Breakage } from './breakage.ts';

export interface FailNext<Call extends string> {
  /** How many calls fail; 1 when left out. */
  next?: number | undefined;
  /** Only this call; any call when left out. */
  call?: Call | undefined;
  /** 500 when left out. */
  status?: number | undefined;
  message?: string | undefined;
}

export interface LoseAnswers<Call extends string> {
  next?: number | undefined;
  /** The one that the simulator says when left out: the agent's `confirm-save`. */
  call?: Call | undefined;
  /** `drop` when left out. */
  how?: Breakage | undefined;
  /** The work is done only after the answer is lost; for calls that can wait in the middle of it (`confirm-save`). */
  late?: Late | undefined;
}

/** Both from the moment the request comes in; no other delay is added. */
export interface Late {
  breaksAfterMs: number;
  worksAfterMs: number;
}

interface Loss {
  how: Breakage;
  late: Late | null;
}

interface Plan {
  delayMs: number;
  fail: { status: number; message: string } | null;
  lose: Loss | null;
}

export class Faults<Call extends string> {
  #delayMs: number;
  readonly #loses: Call;
  readonly #delays = new Map<Call, number>();
  #fails: { left: number; call: Call | null; status: number; message: string }[] = [];
  #losses: (Loss & { left: number; call: Call })[] = [];

  /** `loses`: the call whose answers are lost when an order names none. */
  constructor(delayMs: number, loses: Call) {
    this.#delayMs = delayMs;
    this.#loses = loses;
  }

  /** Milliseconds before each answer; with `call` for that call alone, which then goes before the general one. */
  delay(ms: number, call?: Call): void {
    if (call === undefined) this.#delayMs = ms;
    else this.#delays.set(call, ms);
  }

  failNext(order: FailNext<Call>): void {
    const { next = 1, call = null, status = 500, message = '' } = order;
    this.#fails.push({ left: next, call, status, message });
  }

  loseAnswers(order: LoseAnswers<Call>): void {
    const { next = 1, call = this.#loses, how = 'drop', late = null } = order;
    this.#losses.push({ left: next, call, how, late });
  }

  /** What happens to this one call; counts it against the orders. */
  plan(call: Call): Plan {
    const fail = this.#fails.find((f) => f.call === null || f.call === call);
    if (fail !== undefined && --fail.left <= 0) this.#fails = this.#fails.filter((f) => f !== fail);
    const loss = fail === undefined ? this.#losses.find((l) => l.call === call) : undefined;
    if (loss !== undefined && --loss.left <= 0) this.#losses = this.#losses.filter((l) => l !== loss);
    return {
      delayMs: this.#delays.get(call) ?? this.#delayMs,
      fail: fail === undefined ? null : { status: fail.status, message: fail.message },
      lose: loss ?? null,
    };
  }

  /** No delays, nothing fails, nothing is lost. */
  clear(): void {
    this.#delayMs = 0;
    this.#delays.clear();
    this.#fails = [];
    this.#losses = [];
  }
}
