/** The bridge at work: polls, steps, sweeps, and what the faces of the house may ask of it. */

import { randomUUID } from 'node:crypto';
import { bangkokIso, type Instant, serviceDateOf } from '../domain/bangkok.ts';
import { BridgeError, errorText, isBridgeError } from '../domain/bridge-error.ts';
import type { Case } from '../domain/case.ts';
import type { NhsoSight } from '../domain/machine/offline.ts';
import type { Gap } from '../domain/machine/restored.ts';
import { AgentDoor } from './agent-door/door.ts';
import type { Actor, BridgeApi, CardReadReceipt, HisState, Resolution } from './bridge-api.ts';
import { acceptCardRead, type StationMessage } from './card-reads.ts';
import { Dispatcher } from './dispatcher.ts';
import {
  closeDays,
  deletePhotos,
  pairLeftovers,
  redate,
  seekLost,
  tellNotReadAgains,
} from './housekeeping.ts';
import { Intake } from './intake.ts';
import { NhsoLine } from './nhso-line.ts';
import { isNhsoUp, lastAnswered, tellAnswered } from './nhso-news.ts';
import { Polls, type PollsOptions } from './polls.ts';
import type { Finding } from './ports/finding.ts';
import type { CaseKey } from './ports/ledger.ts';
import type { QueueHandlers, Schedule } from './ports/work-queue.ts';
import { Readiness } from './readiness.ts';
import { Night } from './reconcile/night.ts';
import { nightTools } from './reconcile/night-tools.ts';
import { RIGHTS_MS, RightsWithoutCard } from './rights.ts';
import type { House } from './site.ts';
import * as staff from './staff.ts';
import { confirmStep } from './steps/confirm.ts';
import { draftStep } from './steps/draft.ts';
import { lookupStep } from './steps/lookup.ts';
import type { StepTools } from './steps/step.ts';
import { writeBackStep } from './steps/write-back.ts';
import { StuckWatch } from './stuck-watch.ts';
import { sweep } from './sweep.ts';

const MINUTE_MS = 60_000;
/** How often work that has just fallen due is put on the queue, ms. */
const DUE_MS = 1_000;
/** How often this process looks whether what was not ready (ledger, queue, agents) is there again, ms. */
const READINESS_MS = 3_000;
/** How often, after the ledger was put back, visits are looked for whose card read is lost with it, ms. */
const LOST_MS = 10_000;
/** How long a look at a HIS that is under way is waited for at the end, ms; nothing is lost with it. */
const LAST_LOOK_MS = 5_000;
/** Versions before this one had such a schedule for each site. */
const RETIRED = /^(poll-.+|rights-.+|reconcile-.+-\d{4})$/;

export interface BridgeOptions {
  /** The queue's workers do nothing any more and cannot be woken: the process should end and be started again. */
  onStuck: () => void;
  polls?: PollsOptions;
}

export class Bridge implements BridgeApi {
  readonly #house: House;
  readonly #options: BridgeOptions;
  readonly #dispatcher: Dispatcher;
  readonly #lines = new Map<string, NhsoLine>();
  readonly #intakes = new Map<string, Intake>();
  readonly #polls: Polls;
  readonly #rights = new Map<string, RightsWithoutCard>();
  readonly #readiness: Readiness;
  /** Of this process, among all that share the ledger. */
  readonly #name = randomUUID();
  readonly #tools: StepTools;
  readonly #night: Night;
  readonly #stuck = new StuckWatch();
  readonly agentApi: AgentDoor;
  readonly #timers: NodeJS.Timeout[] = [];
  /** Undefined until the ledger has been looked at. */
  #gap: Gap | null | undefined;
  #sweptTo: Instant = 0;
  #background = new Set<Promise<void>>();
  #isStopping = false;

  constructor(house: House, options: BridgeOptions) {
    this.#house = house;
    this.#options = options;
    this.#dispatcher = new Dispatcher(house);
    const kick = (): void => this.#dispatcher.kick();
    for (const [i, [hcode, site]] of [...house.sites].entries()) {
      this.#lines.set(
        hcode,
        new NhsoLine(site, house, () => this.#inBackground('resume', () => this.#resume(hcode))),
      );
      this.#intakes.set(hcode, new Intake(house, site, kick, i / house.sites.size));
      if (site.rightSearch !== null)
        this.#rights.set(hcode, new RightsWithoutCard(house, site, site.rightSearch));
    }
    this.#polls = new Polls(house, this.#intakes, options.polls);
    this.#readiness = new Readiness(house, this.#intakes, this.#polls, this.#lines);
    const steps = { line: (hcode: string) => this.#line(hcode), gap: () => this.#knownGap(), kick };
    this.#tools = { house, ...steps };
    this.#night = new Night(nightTools(house, steps));
    this.agentApi = new AgentDoor({ ...this.#tools, accept: (message) => this.acceptCardRead(message) });
  }

  /** Takes up all work that the ledger knows of, then begins to poll. */
  async start(): Promise<void> {
    const { ledger, clock, log } = this.#house;
    const gap = await ledger.gap(clock.now());
    this.#gap = gap;
    tellGap(gap, clock.now(), log);
    await ledger.beat();
    await this.#house.queue.start(this.#handlers());
    await this.#firstLook();
    this.#dispatcher.kick();
    this.#polls.start();
    this.#every(DUE_MS, 'due', () => this.#sweepDue());
    this.#every(MINUTE_MS, 'beat', () => ledger.beat());
    if (gap !== null) this.#every(LOST_MS, 'lost', () => seekLost(this.#house, gap));
    this.#every(DUE_MS, 'probe', () => this.#probe());
    this.#every(DUE_MS, 'agent-api', () => this.agentApi.work());
    this.#house.tokens.start();
    for (const turn of this.#readiness.turns()) this.#every(READINESS_MS, 'readiness', turn);
    await this.#readiness.refresh();
    this.#inBackground('night', () => this.#night.catchUp());
  }

  /** Ends what is in hand and takes nothing new. The ledger and the adapters are closed by whoever opened them. */
  async stop(graceMs?: number): Promise<void> {
    this.#isStopping = true;
    for (const timer of this.#timers) clearInterval(timer);
    for (const rights of this.#rights.values()) rights.stop();
    await this.#night.stop();
    await this.#house.queue.close(graceMs);
    await this.#polls.stop(Math.min(graceMs ?? LAST_LOOK_MS, LAST_LOOK_MS));
    await this.#dispatcher.idle();
    await this.#house.tokens.stop();
    await Promise.allSettled([...this.#background]);
  }

  async acceptCardRead(message: StationMessage): Promise<CardReadReceipt> {
    const line = this.#lines.get(message.hcode);
    // NHSO answered that reader a moment ago: it is there
    if (message.kind === 'full' && isRecent(message.readAt, this.#house.clock.now())) line?.noteCardRead();
    const receipt = await acceptCardRead(this.#house, message, () => line?.status ?? 'up');
    this.#dispatcher.kick();
    return receipt;
  }

  async retry(key: CaseKey, actor: Actor): Promise<Case> {
    const changed = await staff.retry(this.#house, key, actor);
    this.#dispatcher.kick();
    return changed;
  }

  async resolve(key: CaseKey, resolution: Resolution, actor: Actor): Promise<Case> {
    const changed = await staff.resolve(this.#house, (hcode) => this.#line(hcode), key, resolution, actor);
    this.#dispatcher.kick();
    return changed;
  }

  nhsoStatus(hcode: string): 'up' | 'down' {
    return this.#lines.get(hcode)?.status ?? 'up';
  }

  async readiness(): Promise<Finding[]> {
    return this.#readiness.findings();
  }

  hisStates(): HisState[] {
    return this.#readiness.hisStates();
  }

  #handlers(): QueueHandlers {
    const tools = this.#tools;
    const rights = [...this.#rights.values()];
    const ifAny: Schedule[] =
      rights.length === 0
        ? []
        : [{ id: 'rights', every: RIGHTS_MS, run: () => all(rights.map((r) => r.run())) }];
    return {
      steps: {
        draft: draftStep(tools),
        confirm: confirmStep(tools),
        lookup: lookupStep(tools),
        'write-back': writeBackStep(tools),
      },
      schedules: [
        { id: 'poll', every: this.#polls.everyMs, run: (plannedAt) => this.#polls.run(plannedAt) },
        ...ifAny,
        { id: 'keep-house', every: MINUTE_MS, run: () => this.#keepHouse() },
        ...this.#night.schedules(),
        { id: 'tokens-midnight', cron: '0 0 * * *', run: () => this.#house.tokens.midnight() },
      ],
      retired: RETIRED,
      refill: () => this.#sweepAll(),
    };
  }

  /** A server that goes away just now does not end the start: the minute's turn makes up for it. */
  async #firstLook(): Promise<void> {
    try {
      await this.#keepHouse();
    } catch (error) {
      if (!isBridgeError(error, 'queue-unavailable', 'ledger-unavailable')) throw error;
      this.#house.log.warn(
        { why: error.message },
        'not all work could be taken up at the start; it is tried again',
      );
    }
  }

  /** Photos go on their day whatever else fails, and the other way round. */
  async #keepHouse(): Promise<void> {
    await all([this.#tidyCases(), this.#deletePhotos()]);
  }

  async #deletePhotos(): Promise<void> {
    const deleted = await deletePhotos(this.#house);
    if (deleted > 0)
      this.#house.log.info({ photos: deleted }, 'photos of faces and cards are deleted: their days are over');
  }

  async #tidyCases(): Promise<void> {
    const redated = await redate(this.#house);
    if (redated > 0)
      this.#house.log.warn(
        { cases: redated },
        'the clock was ahead and has been set back: times were put right',
      );
    // before what follows, which puts its own work into the outbox: after a start all cases wait for it
    await this.#sweepAll();
    await pairLeftovers(this.#house);
    const ended = await closeDays(this.#house);
    if (ended > 0)
      this.#house.log.info(
        { cases: ended },
        'the service day is over for these cases: each is looked up once',
      );
    const told = await tellNotReadAgains(this.#house, (hcode) => this.#nhsoOf(hcode));
    if (told > 0)
      this.#house.log.info(
        { cases: told },
        'cards read without NHSO were not read again: the staff are told',
      );
    this.#dispatcher.kick();
    // what is held back may well be old
    const waitMs = this.#heldBack().size === 0 ? await this.#house.queue.oldestWaitMs() : 0;
    if (this.#stuck.isStuck(waitMs, performance.now())) this.#options.onStuck();
  }

  async #nhsoOf(hcode: string): Promise<NhsoSight> {
    return { status: this.#line(hcode).status, backAt: await lastAnswered(this.#house.ledger, hcode) };
  }

  async #sweepAll(): Promise<void> {
    const now = this.#house.clock.now();
    await sweep(this.#house, { except: this.#heldBack() });
    this.#sweptTo = now;
  }

  async #sweepDue(): Promise<void> {
    const dueAfter = this.#sweptTo;
    const now = this.#house.clock.now();
    await sweep(this.#house, { dueAfter, except: this.#heldBack() });
    this.#sweptTo = now;
    this.#dispatcher.kick();
  }

  /** NHSO answers: the others hear of it before the work is on the queue, where they take it too. */
  async #resume(hcode: string): Promise<void> {
    await tellAnswered(this.#house.ledger, hcode, this.#house.clock.now());
    await sweep(this.#house, { hcode, except: new Set() });
  }

  /** While NHSO is down for a site, one of its waiting cases serves to ask whether it is back. */
  async #probe(): Promise<void> {
    for (const hcode of this.#heldBack()) {
      const line = this.#line(hcode);
      if ((await isNhsoUp(this.#house.ledger, hcode, line)) || !line.isProbeDue) continue;
      const page = await this.#house.ledger.casesWithWork({
        dueBy: this.#house.clock.now(),
        hcode,
        limit: 1,
      });
      const [oldest] = page.items;
      const waiting = oldest === undefined ? null : await this.#house.ledger.case(oldest);
      if (waiting?.pid != null) await line.probe(waiting.pid, () => this.#takesProbe(hcode));
    }
  }

  #heldBack(): Set<string> {
    return new Set([...this.#lines].filter(([, line]) => line.status === 'down').map(([hcode]) => hcode));
  }

  /** One probe of a site for all bridges: whoever takes it holds it until the next is due. */
  #takesProbe(hcode: string): Promise<boolean> {
    const { ledger, clock, sites } = this.#house;
    const probeMs = sites.get(hcode)?.settings.probeMs ?? 0;
    return ledger.leases.take(`probe/${hcode}`, this.#name, probeMs, clock.now());
  }

  #line(hcode: string): NhsoLine {
    const line = this.#lines.get(hcode);
    if (line === undefined) throw new TypeError(`no site ${hcode}`);
    return line;
  }

  /** The bridge listens before it begins: a client that is faster than that must not ask for what a lost ledger has asked for. */
  #knownGap(): Gap | null {
    if (this.#gap !== undefined) return this.#gap;
    throw new BridgeError('ledger-unavailable', 'the bridge has just begun and looks at its ledger', {
      retry: 'yes',
    });
  }

  #every(ms: number, what: string, run: () => Promise<void>): void {
    let isRunning = false;
    this.#timers.push(
      setInterval(() => {
        if (isRunning) return;
        isRunning = true;
        this.#inBackground(what, () =>
          run().finally(() => {
            isRunning = false;
          }),
        );
      }, ms),
    );
  }

  /** Work that nobody waits for; what goes wrong is said once in the log and tried again at its next turn. */
  #inBackground(what: string, run: () => Promise<void>): void {
    if (this.#isStopping) return;
    const done: Promise<void> = run()
      .catch((error: unknown) => {
        const fields = { what, code: isBridgeError(error) ? error.code : 'error', why: errorText(error) };
        this.#house.log.warn(fields, 'background work failed; it is tried again');
      })
      .finally(() => this.#background.delete(done));
    this.#background.add(done);
  }
}

/** Waits for all of them; throws what the first of those that failed has thrown. */
async function all(work: readonly Promise<void>[]): Promise<void> {
  for (const done of await Promise.allSettled(work)) if (done.status === 'rejected') throw done.reason;
}

/** On any later day it is nobody's concern. */
function tellGap(gap: Gap | null, now: Instant, log: House['log']): void {
  if (gap === null || serviceDateOf(gap.to) < serviceDateOf(now)) return;
  log.warn(
    { knownTo: bangkokIso(gap.from) },
    'the ledger was put back from a backup: visits of today are looked up at NHSO before a code is asked for',
  );
}

function isRecent(readAt: string, now: Instant): boolean {
  return Math.abs(now - Date.parse(readAt)) < MINUTE_MS;
}
