/** The bridge's end of one line: calls that are asked, gone, answered, or whose fate nobody knows any more. */

import { randomUUID } from 'node:crypto';
import type { LineSocket } from '../../../src/service/ports/agent-lines.ts';
import { type HttpAnswer, NoAnswer } from '../http.ts';
import { Stopwatch } from '../stopwatch.ts';
import type { CarriedCall } from './calls.ts';
import { type FromBridge, readFromWorker, type Why } from './messages.ts';

/**
 * From asking to the worker's word that it takes the call, at most, ms. What is not taken by then is never sent: a worker that
 * hangs costs a try, not an answer.
 */
export const HANDOVER_MS = 3_000;

/**
 * Beyond the call's own time for the worker to tell what came of it, ms: more than it may be late in sending, and, with
 * {@link HANDOVER_MS}, less than the confirm step waits before it looks a silent confirm up.
 */
const TELL_MS = 5_000;

export const NO_LINE = 'no line from its reader worker';

interface Asked {
  timeoutMs: number;
  since: Stopwatch;
  /** `go` was said: from then on it may have been sent. */
  isGone: boolean;
  timer: NodeJS.Timeout;
  resolve(answer: HttpAnswer): void;
  reject(why: NoAnswer): void;
}

export class BridgeEnd {
  readonly #socket: LineSocket;
  readonly #inHand = new Map<string, Asked>();
  #isOpen = true;

  /** `onClosed`: once, whoever ended it. */
  constructor(socket: LineSocket, onClosed: () => void) {
    this.#socket = socket;
    socket.listen({
      text: (text) => this.#hear(text),
      closed: () => {
        this.end();
        onClosed();
      },
    });
  }

  /** One call to the agent at the other end. Throws NoAnswer, whose `sent` is false only where that is certain. */
  ask(call: CarriedCall, timeoutMs: number, handoverMs: number): Promise<HttpAnswer> {
    const id = randomUUID();
    return new Promise((resolve, reject) => {
      const give = (why: NoAnswer) => this.#settle(id, why);
      const timer = setTimeout(
        () => give(new NoAnswer('unreachable', false, 'its reader worker does not take the call')),
        handoverMs,
      );
      this.#inHand.set(id, { timeoutMs, since: new Stopwatch(), isGone: false, timer, resolve, reject });
      const isSaid = this.#say({ say: 'ask', id, call, timeoutMs });
      if (!isSaid) give(new NoAnswer('unreachable', false, NO_LINE));
    });
  }

  /** Ends it here and now, whatever becomes of the socket: what has not gone never will, the rest is not known. */
  end(): void {
    this.#isOpen = false;
    for (const [id, { isGone }] of [...this.#inHand]) {
      const why = isGone
        ? new NoAnswer('line-lost', true, 'the line broke')
        : new NoAnswer('unreachable', false, 'the line broke before the call was taken');
      this.#settle(id, why);
    }
  }

  #hear(text: string): void {
    const heard = readFromWorker(text);
    if (heard === null) {
      this.end();
      this.#socket.close('not-understood');
      return;
    }
    // an answer after its time, or to a call of nobody's: whoever waited has gone on, and will look the code up
    const asked = this.#inHand.get(heard.id);
    if (asked === undefined) return;
    switch (heard.say) {
      case 'taken':
        this.#go(heard.id, asked);
        break;
      case 'answer':
        if (asked.isGone) this.#settle(heard.id, heard.answer);
        break;
      case 'no-answer':
        this.#settle(heard.id, noAnswer(heard.why, asked.isGone));
    }
  }

  #go(id: string, asked: Asked): void {
    if (asked.isGone) return;
    // a process that was held up must not send on what the rest of it has given up
    if (asked.since.ms > HANDOVER_MS) {
      this.#settle(id, new NoAnswer('unreachable', false, 'the call was held up'));
      return;
    }
    clearTimeout(asked.timer);
    // before it is said: from here on nothing may claim that it was not
    asked.isGone = true;
    asked.timer = setTimeout(
      () => this.#settle(id, new NoAnswer('timeout', true, 'overall time-out')),
      asked.timeoutMs + TELL_MS,
    );
    if (!this.#say({ say: 'go', id }))
      this.#settle(id, new NoAnswer('unreachable', false, 'the line broke before the call was handed over'));
  }

  #say(message: FromBridge): boolean {
    return this.#isOpen && this.#socket.send(JSON.stringify(message));
  }

  #settle(id: string, outcome: HttpAnswer | NoAnswer): void {
    const asked = this.#inHand.get(id);
    if (asked === undefined) return;
    this.#inHand.delete(id);
    clearTimeout(asked.timer);
    if (outcome instanceof NoAnswer) asked.reject(outcome);
    else asked.resolve(outcome);
  }
}

/** A worker that claims to have sent what was never let go is not believed in anything: then nothing came of it at all. */
function noAnswer({ kind, sent, reason }: Why, isGone: boolean): NoAnswer {
  if (!isGone) return new NoAnswer('unreachable', false, reason);
  return new NoAnswer(kind, sent, reason);
}
