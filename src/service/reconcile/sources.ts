/**
 * The sources in their order, so that a visit without a code costs at most two calls: the imported report, which costs none;
 * check-authen-status, which shows all codes of the day; and, where that shows nothing that fits, the agent's newest five.
 * Where check-authen-status is not to be had, the agent's newest and newest five, as a look-up of the day asks them.
 */

import type { IssuedCode } from '../../domain/authen-code.ts';
import type { ServiceDate } from '../../domain/bangkok.ts';
import { isBridgeError } from '../../domain/bridge-error.ts';
import type { ShownCode } from '../../domain/reconcile/shown.ts';
import type { NhsoAgent } from '../ports/nhso-agent.ts';
import type { Site } from '../site.ts';
import type { Pace } from './pace.ts';
import { Source } from './source.ts';
import type { NightTools } from './tools.ts';

export interface Person {
  pid: string;
  stationId: string | null;
}

/** What was learned of one person, and at what cost. */
export interface Heard {
  shown: ShownCode[];
  calls: number;
  /** Some source has answered, if only that there is nothing. */
  isAnswered: boolean;
}

export class Sources {
  readonly #tools: NightTools;
  readonly #site: Site;
  readonly #date: ServiceDate;
  readonly #pace: Pace;
  readonly #status: Source;
  readonly #agent: Source;
  #hasReport: Promise<boolean> | null = null;

  constructor(tools: NightTools, site: Site, date: ServiceDate, pace: Pace) {
    this.#tools = tools;
    this.#site = site;
    this.#date = date;
    this.#pace = pace;
    const now = (): number => tools.house.clock.now();
    this.#status = new Source('authen-status', now);
    this.#agent = new Source('agent', now);
    if (tools.authenStatus(site.hcode) === null) {
      this.#status.turnOff('nhso.authenStatusUrl is not configured');
    }
  }

  /**
   * Asks one source after the other until `isEnough`. `isOpen`: a code is looked for; otherwise only whether NHSO shows the
   * one that the HIS holds, for which one answer will do.
   */
  async hear(person: Person, isOpen: boolean, isEnough: (heard: Heard) => Promise<boolean>): Promise<Heard> {
    const heard: Heard = { shown: [], calls: 0, isAnswered: false };
    await this.#hearReport(person, heard);
    if (heard.shown.length > 0 && (await isEnough(heard))) return heard;
    const isAsked = !this.#status.isOff;
    const isTold = await this.#hearStatus(person, heard);
    if (isTold && (!isOpen || (await isEnough(heard)))) return heard;
    await this.#hearAgent(person, heard, { alsoNewest: isOpen && !isAsked });
    return heard;
  }

  /** For people; null when every source that is configured has always answered. */
  get trouble(): string | null {
    const all = [this.#status.trouble, this.#agent.trouble].filter((t) => t !== null);
    return all.length === 0 ? null : all.join('; ');
  }

  async #hearReport({ pid }: Person, heard: Heard): Promise<void> {
    const { hcode } = this.#site;
    const codes = await this.#tools.reported.codesOf(hcode, pid, this.#date);
    heard.shown.push(...codes.map((code) => shownBy(code, 'report')));
    this.#hasReport ??= this.#tools.reported.hasDay(hcode, this.#date);
    heard.isAnswered = await this.#hasReport;
  }

  async #hearStatus({ pid }: Person, heard: Heard): Promise<boolean> {
    const { hcode } = this.#site;
    const status = this.#tools.authenStatus(hcode);
    if (status === null) return false;
    const codes = await this.#status.ask(() =>
      this.#tools.tokens.use(hcode, 'service', async ({ value }) => {
        await this.#pace.turn();
        heard.calls += 1;
        return status.codesOn(pid, this.#date, value);
      }),
    );
    return this.#note(codes, 'authen-status', heard);
  }

  /** What one of its two calls says alone may not be all that there is. */
  async #hearAgent(
    { pid, stationId }: Person,
    heard: Heard,
    { alsoNewest }: { alsoNewest: boolean },
  ): Promise<void> {
    const line = this.#tools.line(this.#site.hcode);
    const ask = async <T>(call: AgentLookup, send: (agent: NhsoAgent) => Promise<T>): Promise<T> => {
      await this.#pace.turn();
      return line.atAnyStation(stationId, 'any-day', (agent) =>
        line.askWhileUp(call, async () => {
          heard.calls += 1;
          try {
            return await send(agent);
          } catch (error) {
            // nobody listened: nothing has come to NHSO
            if (isBridgeError(error, 'agent-unreachable')) heard.calls -= 1;
            throw error;
          }
        }),
      );
    };
    const codes = await this.#agent.ask(async () => {
      const newest = alsoNewest
        ? await ask('latestAuthenCode', (agent) => agent.latestAuthenCode(pid))
        : null;
      const five = await ask('latestFiveAllHospitals', (agent) => agent.latestFiveAllHospitals(pid));
      return newest === null ? five : [newest, ...five];
    });
    this.#note(codes, 'agent', heard);
  }

  #note(codes: readonly IssuedCode[] | null, source: ShownCode['source'], heard: Heard): boolean {
    if (codes === null) return false;
    heard.shown.push(...codes.map((code) => shownBy(code, source)));
    heard.isAnswered = true;
    return true;
  }
}

type AgentLookup = 'latestAuthenCode' | 'latestFiveAllHospitals';

function shownBy(code: IssuedCode, source: ShownCode['source']): ShownCode {
  const { claimCode, claimType, hcode, issuedAt, pid } = code;
  return { claimCode, claimType, hcode, issuedAt, pid, source };
}
