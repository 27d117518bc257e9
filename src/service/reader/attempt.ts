/** One read of a card through one source, and what became of it. */

import { BridgeError, isBridgeError } from '../../domain/bridge-error.ts';
import { type CitizenId, parseCitizenId } from '../../domain/citizen-id.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { CardSource } from '../ports/reader.ts';
import { orStop } from './bell.ts';
import type { SourceName } from './choose.ts';
import type { ReadKind } from './counter.ts';
import type { Sighting } from './message.ts';
import type { CardTrouble } from './status.ts';

export type Success = { by: SourceName; seen: Sighting; failed: null };
export type Attempt = Success | { by: SourceName; failed: BridgeError };

export interface AttemptParts {
  clock: Clock;
  log: Log;
  signal: AbortSignal;
}

/** Throws `Stopped` at the signal, and faults of our own; failures of the outside world are the outcome. */
export async function attempt(
  { by, source }: { by: SourceName; source: CardSource },
  kind: ReadKind,
  parts: AttemptParts,
): Promise<Attempt> {
  try {
    return { by, seen: await sighting(source, kind, parts), failed: null };
  } catch (error) {
    if (!isBridgeError(error)) throw error;
    const { code, detail, message } = error;
    parts.log.info({ source: by, code, ...detail }, `${kind} read failed: ${message}`);
    return { by, failed: error };
  }
}

async function sighting(
  source: CardSource,
  kind: ReadKind,
  { clock, signal }: AttemptParts,
): Promise<Sighting> {
  if (kind === 'card-only') {
    const data = await orStop(source.readCardOnly(), signal);
    return { kind, pid: validPid(data.pid), at: clock.now(), data };
  }
  const data = await orStop(source.read(), signal);
  const { correlationId } = data;
  if (correlationId === null) {
    // without it no code can be asked for: the card is what there is
    throw new BridgeError('nhso-refused', 'NHSO answered without a correlationId', { retry: 'yes' });
  }
  return { kind, pid: validPid(data.pid), at: clock.now(), data: { ...data, correlationId } };
}

function validPid(text: string): CitizenId {
  const pid = parseCitizenId(text);
  if (pid !== null) return pid;
  throw new BridgeError('agent-bad-answer', 'the card shows no valid citizen id', { retry: 'yes' });
}

/** What PC/SC can say of a card, or of the one who holds the reader. */
export function cardTrouble({ code, retry }: BridgeError): CardTrouble | null {
  if (code === 'card-mute') return 'mute';
  if (code === 'reader-busy') return 'reader-busy';
  return code === 'card-unreadable' && retry === 'no' ? 'other-card' : null;
}

export function nhsoWords(error: BridgeError): string {
  const words = error.detail.nhsoMessage;
  return typeof words === 'string' && words !== '' ? words : error.message;
}
