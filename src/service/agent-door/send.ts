/** Calls to a counter's agent on behalf of a client: over the site's line, so that they count for the breaker as all others. */

import { BridgeError, isBridgeError } from '../../domain/bridge-error.ts';
import type { NhsoLine } from '../nhso-line.ts';
import type { PipeCall, Piped, PipedAgent, RawAnswer } from '../ports/agent-pipe.ts';
import type { ConfirmReceipt, NhsoAgent } from '../ports/nhso-agent.ts';

/** What became of a confirm. */
export type Sent =
  | { receipt: ConfirmReceipt; answer: RawAnswer; fault: null }
  /** `answer` is null when none came. */
  | { receipt: null; answer: RawAnswer | null; fault: BridgeError };

/** The agent's own answer. Throws what the pipe throws, and `agent-unreachable` where the agent cannot be spoken to directly. */
export function pipe(agent: NhsoAgent, call: PipeCall): Promise<Piped> {
  if (isPiped(agent)) return agent.pipe(call);
  throw new BridgeError('agent-unreachable', "the agent's own words do not come over this station's line", {
    retry: 'yes',
  });
}

/**
 * One call to NHSO that the breaker hears of. An answer that says no is an answer all the same and comes back; that none came
 * is thrown.
 */
export async function askNhso(
  line: NhsoLine,
  name: keyof NhsoAgent & string,
  agent: NhsoAgent,
  call: PipeCall,
): Promise<Piped> {
  const heard: { piped: Piped | null } = { piped: null };
  try {
    return await line.ask(name, async () => {
      heard.piped = await pipe(agent, call);
      if (heard.piped.fault !== null) throw heard.piped.fault;
      return heard.piped;
    });
  } catch (error) {
    if (heard.piped !== null && error === heard.piped.fault) return heard.piped;
    throw error;
  }
}

/** Sends it once. Throws only what is no failure of the outside world. */
export async function sendConfirm(line: NhsoLine, agent: NhsoAgent, body: string): Promise<Sent> {
  try {
    const { answer, receipt, fault } = await askNhso(line, 'confirmSave', agent, {
      name: 'confirm-save',
      body,
    });
    if (receipt !== null) return { receipt, answer, fault: null };
    return { receipt, answer, fault: fault ?? unclear() };
  } catch (error) {
    if (!isBridgeError(error)) throw error;
    return {
      receipt: null,
      answer: null,
      fault: isBridgeError(error, 'bad-input') ? unsendable(error) : error,
    };
  }
}

/** The way to the agent does not take it, and never will: nothing was sent, so there is nothing to look up. */
function unsendable({ message, detail }: BridgeError): BridgeError {
  return new BridgeError('bad-input', message, { retry: 'yes', detail });
}

function unclear(): BridgeError {
  return new BridgeError('agent-bad-answer', 'the answer to confirm-save cannot be understood', {
    retry: 'ask-first',
  });
}

function isPiped(agent: NhsoAgent): agent is PipedAgent {
  return 'pipe' in agent;
}
