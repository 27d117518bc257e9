/** What `doctor` says about one agent. Asks nothing in a patient's name and never the call that leaks the token. */

import type { Instant } from '../../src/domain/bangkok.ts';
import { type BridgeError, isBridgeError } from '../../src/domain/bridge-error.ts';
import type { Finding } from '../../src/service/ports/finding.ts';
import type { Terminal } from '../../src/service/ports/nhso-agent.ts';
import type { AgentOptions } from './agent.ts';
import { terminalsOf } from './answers.ts';
import { CALLS } from './calls.ts';
import { jsonOf, noAnswerFault, statusFault } from './faults.ts';
import { type HttpAnswer, NhsoHttp, NoAnswer } from './http.ts';

export interface AgentCheckOptions extends AgentOptions {
  /** Named in each line, so that a person knows which counter to walk to. */
  station?: string;
  /** Our clock, UTC epoch milliseconds. */
  now: () => Instant;
}

const CLOCK_WARN_MS = 60_000;
const CLOCK_FAIL_MS = 5 * 60_000;

/** No person has it: its check digit is wrong. */
const NOBODY = '0000000000000';

/** Reachable, a reader, the clock, the zone. Never throws for what it finds; stops at the first that hides the rest. */
export async function checkAgent(options: AgentCheckOptions): Promise<Finding[]> {
  const http = new NhsoHttp(options.url, { connections: 1 });
  const where = options.station === undefined ? http.url : `${options.station} (${http.url})`;
  try {
    const asked = await askTerminals(http, options);
    if (!('terminals' in asked)) return [notWell(where, asked)];
    const { terminals, date } = asked;
    const reachable: Finding = {
      check: 'agent-reachable',
      level: 'ok',
      message: `${where}: the NHSO agent answers`,
    };
    const zone = await zoneFinding(http, where, options);
    return [reachable, readerFinding(where, terminals), clockFinding(where, date), zone];
  } finally {
    await http.close();
  }
}

type Asked = { terminals: Terminal[]; date: number | null } | BridgeError;

async function askTerminals(http: NhsoHttp, options: AgentCheckOptions): Promise<Asked> {
  const call = CALLS.terminals;
  const timeoutMs = options.timeouts.terminalsMs;
  try {
    const sentAt = options.now();
    const answer = await http.send({ method: 'GET', path: '/api/smartcard/terminals', timeoutMs });
    const fault = statusFault(call, answer);
    // 418 also comes from an agent that is well but has no reader
    if (isBridgeError(fault, 'no-reader'))
      return { terminals: [], date: skew(answer, sentAt, options.now()) };
    if (fault !== null) return fault;
    const terminals = terminalsOf(call, jsonOf(call, answer));
    return { terminals, date: skew(answer, sentAt, options.now()) };
  } catch (error) {
    if (error instanceof NoAnswer) return noAnswerFault(call, error);
    if (isBridgeError(error)) return error;
    throw error;
  }
}

/** The agent's clock minus ours, taken at the middle of the exchange; null when the agent does not tell. */
function skew(answer: HttpAnswer, sentAt: Instant, gotAt: Instant): number | null {
  // the header has whole seconds, cut: half of one is added back
  return answer.date === null ? null : answer.date + 500 - (sentAt + gotAt) / 2;
}

function notWell(where: string, error: BridgeError): Finding {
  const message = `${where}: ${error.message}`;
  if (error.code === 'agent-unreachable' || error.code === 'agent-timeout') {
    const fix =
      'On the counter PC: is it switched on, is the service "NHSO Secure SmartCard Agent" started (it takes about ' +
      '30 s), and does the firewall let this machine reach its port (8189)?';
    return { check: 'agent-reachable', level: 'fail', message, fix };
  }
  const fix = 'Is agentUrl right? The address answers, but not as the NHSO agent does.';
  return { check: 'agent-answers', level: 'fail', message, fix };
}

function readerFinding(where: string, terminals: readonly Terminal[]): Finding {
  const check = 'agent-reader';
  if (terminals.length > 0) {
    const names = terminals.map((t) => t.terminalName || 'unnamed').join(', ');
    return { check, level: 'ok', message: `${where}: card reader ${names}` };
  }
  const message = `${where}: the agent has no card reader; no card can be read there`;
  return {
    check,
    level: 'warn',
    message,
    fix: 'Plug the card reader in; if it is, restart the agent service.',
  };
}

function clockFinding(where: string, offMs: number | null): Finding {
  const check = 'agent-clock';
  if (offMs === null) return { check, level: 'ok', message: `${where}: the agent does not tell its time` };
  const seconds = Math.round(Math.abs(offMs) / 1000);
  if (Math.abs(offMs) <= CLOCK_WARN_MS) {
    return { check, level: 'ok', message: `${where}: clock agrees with ours (${seconds} s)` };
  }
  const level = Math.abs(offMs) > CLOCK_FAIL_MS ? 'fail' : 'warn';
  const message = `${where}: clock of the counter PC is ${seconds} s ${offMs > 0 ? 'ahead of' : 'behind'} ours`;
  const fix = 'Set both machines to a time server; codes are matched to visits by date and time.';
  return { check, level, message, fix };
}

/** A hint only: that a PROD build lacks `probe` is what the documents say, nobody has tried. */
async function zoneFinding(http: NhsoHttp, where: string, options: AgentCheckOptions): Promise<Finding> {
  const check = 'agent-zone';
  if (options.zone === 'prod') {
    return { check, level: 'ok', message: `${where}: configured as PROD zone; codes are real` };
  }
  const ok: Finding = {
    check,
    level: 'ok',
    message: `${where}: configured as TEST zone; its codes are not real`,
  };
  const path = `/api/smartcard/probe/${NOBODY}`;
  try {
    const answer = await http.send({ method: 'GET', path, timeoutMs: options.timeouts.terminalsMs });
    if (answer.status !== 404) return ok;
  } catch (error) {
    // NHSO may be slow or away: no hint then
    if (error instanceof NoAnswer) return ok;
    throw error;
  }
  return {
    check,
    level: 'warn',
    message: `${where}: configured as TEST zone, but the agent has no probe call, as a PROD build would not`,
    fix: 'Look which version is installed, and set nhso.zone to "prod" if it is the production one.',
  };
}
