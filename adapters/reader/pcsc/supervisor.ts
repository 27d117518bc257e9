/**
 * Keeps one process that owns the readers (`child.ts`): starts it, gives it one read at a time, kills it when a card
 * does not answer, when it falls silent, when it grows or is a day old, and starts it again whenever it ends.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { BridgeError } from '../../../src/domain/bridge-error.ts';
import type { Log } from '../../../src/service/ports/log.ts';
import type { ThaiCard } from '../thai-card/read-card.ts';
import { errorOf } from './failures.ts';
import type { FromChild, SlotReport, ToChild } from './messages.ts';

export interface SupervisorTimes {
  /** Longest read of a card, ms; then the process is killed. A read with photo takes a real chip about 2.4 s. */
  readMs: number;
  /** Without a word for so long the process counts as hung, ms. It gives one every 5 s. */
  silenceMs: number;
  /** Between an end and the next start: doubles from the first to the longest, ms. */
  firstPauseMs: number;
  longestPauseMs: number;
  /** The pause when what is missing must be installed by a person, ms. */
  missingPauseMs: number;
  /** Replaced after this, while no card is in a reader, ms. */
  recycleAfterMs: number;
  /** Replaced above this, while no card is in a reader; above twice this, while no card is being read. MB. */
  recycleAboveMb: number;
}

interface PendingRead {
  id: number;
  resolve(card: ThaiCard): void;
  reject(error: BridgeError): void;
}

/** What one process has told. */
interface Life {
  child: ChildProcess;
  startedAt: number;
  heardAt: number;
  slots: readonly SlotReport[] | null;
  rssMb: number;
  /** Why it ends, as far as it is known before its end. */
  why: BridgeError | null;
  /** It is ended by us and nothing is wrong: the next one starts at once. */
  isPlanned: boolean;
}

const CHILD = fileURLToPath(new URL('child.ts', import.meta.url));
/** Small spaces: it holds next to nothing, and lives on the same small machine for a day. */
const NODE_ARGS = ['--max-semi-space-size=1', '--max-old-space-size=64'];
const CHECK_MS = 1_000;

export class PcscSupervisor {
  readonly #log: Log;
  readonly #times: SupervisorTimes;
  readonly #env: Record<string, string>;
  readonly #onSlots: (slots: readonly SlotReport[]) => void;
  readonly #onEnd: (why: BridgeError) => void;
  readonly #checks: NodeJS.Timeout;
  #life: Life | null = null;
  #pending: PendingRead | null = null;
  #failures = 0;
  #nextId = 1;
  #restart: NodeJS.Timeout | null = null;
  #isClosed = false;

  constructor(
    { log, times, env }: { log: Log; times: SupervisorTimes; env: Record<string, string> },
    on: { slots(slots: readonly SlotReport[]): void; end(why: BridgeError): void },
  ) {
    this.#log = log;
    this.#times = times;
    this.#env = env;
    this.#onSlots = on.slots;
    this.#onEnd = on.end;
    this.#checks = setInterval(() => this.#check(), CHECK_MS);
    this.#start();
  }

  /** The process that owns the readers now; null between two of them. */
  get pid(): number | null {
    return this.#life?.child.pid ?? null;
  }

  /**
   * One at a time: the caller waits for the former to end. Throws what the process says (see `failures.ts`), or
   * `card-unreadable` (retry yes) when the card has not answered in time, or `card-service-away`.
   */
  async read(reader: string, insertion: string | null, withPhoto: boolean): Promise<ThaiCard> {
    const life = this.#life;
    if (life === null) throw starting();
    if (this.#pending !== null) throw new Error('a card is being read already');
    const id = this.#nextId++;
    const order: ToChild = { is: 'read', id, reader, insertion, withPhoto };
    let late: NodeJS.Timeout | null = null;
    try {
      return await new Promise<ThaiCard>((resolve, reject) => {
        this.#pending = { id, resolve, reject };
        late = setTimeout(() => {
          // what has come meanwhile, on a machine that stood still, is heard first
          setImmediate(() => this.#tooLate(life, id));
        }, this.#times.readMs);
        life.child.send(order, (error) => {
          if (error !== null) this.#kill(life, starting());
        });
      });
    } finally {
      if (late !== null) clearTimeout(late);
      this.#pending = null;
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#checks);
    if (this.#restart !== null) clearTimeout(this.#restart);
    const child = this.#life?.child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  #start(): void {
    const now = performance.now();
    const child = fork(CHILD, [], {
      execArgv: NODE_ARGS,
      env: { ...withoutSecrets(process.env), ...this.#env },
      // a photo is bytes
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    const life: Life = {
      ...{ child, startedAt: now, heardAt: now, slots: null, rssMb: 0, why: null, isPlanned: false },
    };
    this.#life = life;
    let lastWords = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      lastWords = (lastWords + chunk.toString()).slice(-500);
    });
    child.on('message', (message: FromChild) => this.#hear(life, message));
    let isOver = false;
    const over = (how: string): void => {
      if (isOver) return;
      isOver = true;
      this.#ended(life, how, lastWords);
    };
    child.once('error', (error) => over(error.message));
    child.once('exit', (code, signal) => over(signal ?? `exit ${code}`));
  }

  #hear(life: Life, message: FromChild): void {
    life.heardAt = performance.now();
    switch (message.is) {
      case 'slots':
        this.#failures = 0;
        life.slots = message.slots;
        this.#onSlots(message.slots);
        break;
      case 'card':
        if (this.#pending?.id === message.id) this.#pending.resolve(message.card);
        break;
      case 'failed':
        if (this.#pending?.id === message.id) this.#pending.reject(errorOf(message.failure));
        break;
      case 'pulse':
        life.rssMb = message.rssMb;
        break;
      case 'ending':
        life.why = errorOf(message.failure);
        break;
    }
  }

  #tooLate(life: Life, id: number): void {
    if (this.#pending?.id !== id || this.#life !== life) return;
    const { readMs } = this.#times;
    this.#kill(
      life,
      new BridgeError('card-unreadable', 'The card does not answer. Take it out, wipe it, put it in again', {
        retry: 'yes',
        detail: { waitedMs: readMs },
      }),
    );
  }

  #check(): void {
    const life = this.#life;
    if (life === null) return;
    const now = performance.now();
    const { silenceMs, recycleAfterMs, recycleAboveMb } = this.#times;
    if (now - life.heardAt > silenceMs) {
      // as above: the check may be what was late
      setImmediate(() => {
        if (performance.now() - life.heardAt > silenceMs) {
          this.#kill(life, away('the process that reads cards has fallen silent'));
        }
      });
      return;
    }
    if (this.#pending !== null) return;
    const isEmpty = life.slots?.every((slot) => !slot.isPresent) === true;
    const isOld = now - life.startedAt > recycleAfterMs;
    const isBig = life.rssMb > recycleAboveMb;
    if ((isEmpty && (isOld || isBig)) || life.rssMb > 2 * recycleAboveMb) {
      this.#log.info({ rssMb: life.rssMb }, 'the process that reads cards is replaced, as planned');
      life.isPlanned = true;
      this.#kill(life, starting());
    }
  }

  #kill(life: Life, why: BridgeError): void {
    life.why ??= why;
    life.child.kill('SIGKILL');
  }

  #ended(life: Life, how: string, lastWords: string): void {
    if (this.#life === life) this.#life = null;
    const why = life.why ?? away('the process that reads cards has ended');
    this.#pending?.reject(why);
    if (this.#isClosed) return;
    this.#onEnd(why);
    const pause = life.isPlanned ? 0 : this.#pause(why);
    if (!life.isPlanned) {
      const fields = { code: why.code, how, pauseMs: pause, ...why.detail, lastWords };
      this.#log.warn(fields, `reading cards directly: ${why.message}`);
    }
    this.#restart = setTimeout(() => this.#start(), pause);
  }

  #pause(why: BridgeError): number {
    if (why.retry === 'no') return this.#times.missingPauseMs;
    const { firstPauseMs, longestPauseMs } = this.#times;
    return Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(this.#failures++, 20));
  }
}

function away(why: string): BridgeError {
  return new BridgeError('card-service-away', `Readers cannot be seen: ${why}; it is started again`, {
    retry: 'yes',
  });
}

export function starting(): BridgeError {
  return new BridgeError('card-service-away', 'The process that reads cards is being started', {
    retry: 'yes',
  });
}

/** The station's key is nothing for a process that talks to hardware. */
function withoutSecrets(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('AUTHEN_BRIDGE_')));
}
