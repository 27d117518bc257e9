/** What shall go wrong at one agent: delays, failures of the next calls, answers lost after the work was done. */

import type { AgentCall, Breakage } from './calls.ts';

export interface FailNext {
  /** How many calls fail; 1 when left out. */
  next?: number | undefined;
  /** Only this call; any call when left out. */
  call?: AgentCall | undefined;
  /** 500 when left out. */
  status?: number | undefined;
  message?: string | undefined;
}

export interface LoseAnswers {
  next?: number | undefined;
  /** `confirm-save` when left out. */
  call?: AgentCall | undefined;
  /** `drop` when left out. */
  how?: Breakage | undefined;
}

interface Plan {
  delayMs: number;
  fail: { status: number; message: string } | null;
  lose: Breakage | null;
}

export class Faults {
  #delayMs: number;
  readonly #delays = new Map<AgentCall, number>();
  #fails: { left: number; call: AgentCall | null; status: number; message: string }[] = [];
  #losses: { left: number; call: AgentCall; how: Breakage }[] = [];

  constructor(delayMs: number) {
    this.#delayMs = delayMs;
  }

  /** Milliseconds before each answer; with `call` for that call alone, which then goes before the general one. */
  delay(ms: number, call?: AgentCall): void {
    if (call === undefined) this.#delayMs = ms;
    else this.#delays.set(call, ms);
  }

  failNext(order: FailNext): void {
    const { next = 1, call = null, status = 500, message = '' } = order;
    this.#fails.push({ left: next, call, status, message });
  }

  loseAnswers(order: LoseAnswers): void {
    const { next = 1, call = 'confirm-save', how = 'drop' } = order;
    this.#losses.push({ left: next, call, how });
  }

  /** What happens to this one call; counts it against the orders. */
  plan(call: AgentCall): Plan {
    const fail = this.#fails.find((f) => f.call === null || f.call === call);
    if (fail !== undefined && --fail.left <= 0) this.#fails = this.#fails.filter((f) => f !== fail);
    const loss = fail === undefined ? this.#losses.find((l) => l.call === call) : undefined;
    if (loss !== undefined && --loss.left <= 0) this.#losses = this.#losses.filter((l) => l !== loss);
    return {
      delayMs: this.#delays.get(call) ?? this.#delayMs,
      fail: fail === undefined ? null : { status: fail.status, message: fail.message },
      lose: loss?.how ?? null,
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
