/** One try to ask NHSO for a client: what it begins with, and how it ends. */

import { BridgeError } from '../../domain/bridge-error.ts';
import type { AskKey } from '../../domain/door-ask.ts';
import type { DoorAnswer } from './api.ts';
import type { ClientRequest } from './request.ts';
import type { Sent } from './send.ts';

export interface Wish {
  request: ClientRequest;
  /** What "the same request" means. */
  key: AskKey;
  /** False once nobody waits any more, or NHSO is known to be down. */
  isStillWanted(): boolean;
}

export type End =
  /** The client gets this. */
  | { kind: 'answered'; answer: DoorAnswer }
  /** NHSO refused it, and shows no code that fits. */
  | { kind: 'refused'; answer: DoorAnswer }
  /** Certainly not sent: it may be tried again. */
  | { kind: 'unsent'; error: BridgeError }
  /** Sent, and its fate is not known. `answer`: what came in the place of one. */
  | { kind: 'lost'; answer: DoorAnswer | null; error: BridgeError }
  /** Somebody else was faster: look again. */
  | { kind: 'moved' };

/** In the place of sending, where `SEND_WITHIN_MS` has passed. */
export function heldUp(): Sent {
  const fault = new BridgeError('agent-unreachable', 'this process was held up; nothing was sent', {
    retry: 'yes',
  });
  return { receipt: null, answer: null, fault };
}
