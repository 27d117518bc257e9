/**
 * A counter: an agent with a reader, a reader worker, and a clerk who puts one card in after the other and takes it out
 * when the screen says so, or when the queue gets impatient.
 */

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NhsoCentre } from '../../../simulators/nhso-agent/centre.ts';
import type { JournalEntry } from '../../../simulators/nhso-agent/journal.ts';
import { type NhsoAgentSimulator, startNhsoAgent } from '../../../simulators/nhso-agent/start.ts';
import { maskCitizenId } from '../../../src/domain/citizen-id.ts';
import { freePort } from '../../support/services/processes.ts';
import { HCODE } from './his.ts';
import { Process } from './process.ts';

/** How long a clerk leaves a card in that is not read, and one that was read without NHSO, ms. */
const PATIENCE_MS = 12_000;
const PATIENCE_OFFLINE_MS = 1_500;

/** What the screen has told the clerk: from then on the read must not be lost. */
export interface ToldRead {
  pid: string;
  kind: 'full' | 'card-only';
  /** By the hospital's clock. */
  at: number;
}

export class Counter {
  readonly agent: NhsoAgentSimulator;
  readonly reader: Process;
  readonly told: ToldRead[] = [];
  readonly #now: () => number;
  #line = '';
  #pid: string | null = null;
  #cards: Promise<void> = Promise.resolve();

  private constructor(
    agent: NhsoAgentSimulator,
    makeReader: (counter: Counter) => Process,
    now: () => number,
  ) {
    this.agent = agent;
    this.#now = now;
    this.reader = makeReader(this);
  }

  static async open(options: {
    id: string;
    folder: string;
    centre: NhsoCentre;
    /** Where the reader sends to, and for whom it carries. */
    bridgeUrls: readonly [string, ...string[]];
    key: string;
    env: Record<string, string>;
    now: () => number;
    /** Told of each call of the agent. */
    onCall?: (entry: JournalEntry) => void;
    /** After the reader's other arguments; what stands last counts. */
    moreArgs?: readonly string[];
  }): Promise<Counter> {
    const {
      id,
      folder,
      centre,
      bridgeUrls,
      key,
      env,
      now,
      moreArgs = [],
      onCall = () => undefined,
    } = options;
    const agent = await startNhsoAgent({ port: await freePort(), hcode: HCODE, centre, onCall });
    const args = [
      'reader',
      '--station',
      id,
      '--source',
      'agent',
      '--agent',
      agent.url,
      ...bridgeUrls.flatMap((url) => ['--bridge', url]),
    ];
    args.push('--hcode', HCODE, '--spool', join(folder, `spool-${id}`), '--poll-ms', '100');
    args.push(
      '--settle-ms',
      '50',
      '--nhso-retry-ms',
      '700',
      '--read-timeout-ms',
      '2500',
      '--log',
      'info',
      ...moreArgs,
    );
    const command = {
      name: `reader-${id}`,
      args,
      env: { AUTHEN_BRIDGE_KEY: key, ...env },
      logFile: join(folder, `reader-${id}.log`),
    };
    const makeReader = (counter: Counter): Process =>
      new Process({ ...command, onLine: (line) => counter.#hear(line) });
    return new Counter(agent, makeReader, now);
  }

  /**
   * Resolves when the card has been in the reader and is out again. Cards wait their turn.
   *
   * @param meanwhile what somebody else at the counter does with it: it stays in until then
   */
  card(pid: string, meanwhile: () => Promise<void> = async () => undefined): Promise<void> {
    this.#cards = this.#cards.then(() => this.#serve(pid, meanwhile));
    return this.#cards;
  }

  async close(): Promise<void> {
    await this.reader.kill();
    await this.agent.close();
  }

  async #serve(pid: string, meanwhile: () => Promise<void>): Promise<void> {
    this.#pid = pid;
    const told = this.told.length;
    this.agent.control.insertCard(pid);
    const done = meanwhile();
    const giveUp = Date.now() + PATIENCE_MS;
    let offlineUntil = Number.POSITIVE_INFINITY;
    while (Date.now() < Math.min(giveUp, offlineUntil)) {
      const kinds = this.told.slice(told).map((t) => t.kind);
      if (kinds.includes('full')) break;
      if (kinds.length > 0 && offlineUntil === Number.POSITIVE_INFINITY)
        offlineUntil = Date.now() + PATIENCE_OFFLINE_MS;
      await sleep(50);
    }
    await done;
    this.agent.control.removeCard();
    this.#pid = null;
    this.#line = '';
    // the reader must see the empty slot
    await sleep(300);
  }

  /** `10:11:12 counter-1 ไทย | English`: what the clerk reads. */
  #hear(line: string): void {
    const english = line.split(' | ')[1] ?? '';
    if (this.#pid === null || english === this.#line) return;
    this.#line = english;
    const masked = maskCitizenId(this.#pid);
    const isFull = [`read ${masked}; the card may go`, `read ${masked} again; the card may go`].some(
      (words) => english.includes(words),
    );
    const isCardOnly = english.includes(`read ${masked}, but NHSO`);
    if (isFull || isCardOnly) {
      this.told.push({ pid: this.#pid, kind: isFull ? 'full' : 'card-only', at: this.#now() });
    }
  }
}
