/**
 * Readers driven directly over PC/SC, as a source of cards: for a counter without NHSO's agent, with the agent stopped,
 * or while NHSO is down. It knows the card alone, never the right. Of two readers that hold a card, the one into which a
 * card went last is read.
 */

import { BridgeError } from '../../../src/domain/bridge-error.ts';
import type { Log } from '../../../src/service/ports/log.ts';
import type { AgentCard, AgentRead } from '../../../src/service/ports/nhso-agent.ts';
import type { CardSource, ReaderSlot } from '../../../src/service/ports/reader.ts';
import type { ThaiCard } from '../thai-card/read-card.ts';
import type { SlotReport } from './messages.ts';
import { PcscSupervisor, type SupervisorTimes, starting } from './supervisor.ts';

export interface PcscCardSourceOptions extends Partial<SupervisorTimes> {
  log: Log;
  /** How long a look waits for a process that has just been started, ms. */
  startMs?: number;
  /** pcscd's socket, where it is not the usual one. */
  pcscdSocket?: string;
  /** Called at every change of readers or cards, so that nobody need look again and again. */
  onChange?: () => void;
}

/** Besides what the port says, all throw `card-service-away`, `reader-busy`, `card-mute`, and `config` (binding missing). */
export interface PcscCardSource extends CardSource {
  /** The process that owns the readers; null between two of them. */
  readonly pid: number | null;
  /** All that the card holds. */
  readCard(options?: { withPhoto?: boolean }): Promise<ThaiCard>;
}

const DEFAULTS: SupervisorTimes = {
  readMs: 8_000,
  silenceMs: 20_000,
  firstPauseMs: 250,
  longestPauseMs: 5_000,
  missingPauseMs: 60_000,
  recycleAfterMs: 24 * 3_600_000,
  recycleAboveMb: 200,
};

export function openPcscCardSource(options: PcscCardSourceOptions): PcscCardSource {
  return new DirectReaders(options);
}

class DirectReaders implements PcscCardSource {
  readonly name = 'pcsc';
  readonly asksNhso = false;
  readonly #supervisor: PcscSupervisor;
  readonly #startMs: number;
  readonly #onChange: () => void;
  #slots: readonly SlotReport[] | null = null;
  /** Why there are no slots. */
  #why: BridgeError | null = null;
  /**
   * The readers were out of sight since the last look. Told once, by a look that fails: a card that lies there now may
   * be the one from before or not, and whoever counts insertions must not take it for the same unseen.
   */
  #unseen: BridgeError | null = null;
  #waiting: (() => void)[] = [];
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: PcscCardSourceOptions) {
    const { log, startMs = 5_000, pcscdSocket, onChange = () => undefined, ...times } = options;
    this.#startMs = startMs;
    this.#onChange = onChange;
    const env = pcscdSocket === undefined ? {} : { PCSCLITE_CSOCK_NAME: pcscdSocket };
    this.#supervisor = new PcscSupervisor(
      { log, env, times: { ...DEFAULTS, ...times } },
      {
        slots: (slots) => this.#hearSlots(slots),
        end: (why) => this.#hearEnd(why),
      },
    );
  }

  get pid(): number | null {
    return this.#supervisor.pid;
  }

  async look(): Promise<readonly ReaderSlot[]> {
    let slots: readonly SlotReport[];
    try {
      slots = await this.#known();
      if (this.#unseen !== null) throw this.#unseen;
    } finally {
      this.#unseen = null;
    }
    return slots.map(({ name, isPresent, insertion }) => ({ name, isPresent, insertion }));
  }

  read(): Promise<AgentRead> {
    const said = 'A reader that is driven directly knows the card alone, not the right';
    return Promise.reject(new BridgeError('nhso-unavailable', said, { retry: 'no' }));
  }

  async readCardOnly(): Promise<AgentCard> {
    return agentCard(await this.readCard());
  }

  readCard({ withPhoto = false }: { withPhoto?: boolean } = {}): Promise<ThaiCard> {
    const reading = this.#queue.then(() => this.#readNewest(withPhoto));
    // whoever comes next waits for the end, whatever it is; the outcome is the caller's
    this.#queue = reading.catch(() => undefined);
    return reading;
  }

  async close(): Promise<void> {
    await this.#supervisor.close();
    this.#hearEnd(new BridgeError('card-service-away', 'The reader has been closed', { retry: 'no' }));
  }

  async #readNewest(withPhoto: boolean): Promise<ThaiCard> {
    const slots = await this.#known();
    if (slots.length === 0) throw new BridgeError('no-reader', 'No card reader found', { retry: 'yes' });
    const slot = newest(slots);
    if (slot === null) throw new BridgeError('no-card', 'No card in the reader', { retry: 'yes' });
    return this.#supervisor.read(slot.name, slot.insertion, withPhoto);
  }

  /** What is in sight; waits for a process that has just been started. */
  async #known(): Promise<readonly SlotReport[]> {
    if (this.#slots === null && this.#why === null) await this.#news();
    if (this.#slots === null) throw this.#why ?? starting();
    return this.#slots;
  }

  #news(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#startMs);
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #hearSlots(slots: readonly SlotReport[]): void {
    const isBack = (slot: SlotReport): boolean =>
      slot.isPresent && slot.insertion === null && !this.#slots?.some(({ name }) => name === slot.name);
    if (this.#slots !== null && slots.some(isBack)) {
      this.#unseen = new BridgeError('no-reader', 'A card reader was away for a moment', { retry: 'yes' });
    }
    this.#slots = slots;
    this.#why = null;
    this.#tell();
  }

  #hearEnd(why: BridgeError): void {
    this.#slots = null;
    this.#why = why;
    this.#unseen = why;
    this.#tell();
  }

  #tell(): void {
    for (const wake of this.#waiting.splice(0)) wake();
    this.#onChange();
  }
}

/** Of those that hold a card. */
function newest(slots: readonly SlotReport[]): SlotReport | null {
  return slots
    .filter((slot) => slot.isPresent)
    .reduce<SlotReport | null>(
      (best, slot) => (best === null || slot.order > best.order ? slot : best),
      null,
    );
}

/** In the words of NHSO's agent, as far as the card knows them; its title is a text, the agent's a number. */
function agentCard(card: ThaiCard): AgentCard {
  const { title, first, middle, last } = card.thaiName;
  return {
    pid: card.citizenId,
    titleName: title,
    fname: [first, middle].filter((part) => part !== null).join(' ') || null,
    lname: last,
    birthDate: card.birthDate,
    sex: card.sex,
    nation: null,
  };
}
