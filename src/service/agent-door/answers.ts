/** Answers that the bridge itself gives in the agent's place, in the agent's form. */

import { bangkokIso, type Instant } from '../../domain/bangkok.ts';
import type { DoorAnswer } from './api.ts';
import type { ClientRequest } from './request.ts';

/** confirm-save's 200, for a code that NHSO has issued already. */
export function codeAnswer(
  { pid, claimType, correlationId }: Pick<ClientRequest, 'pid' | 'claimType' | 'correlationId'>,
  { claimCode, issuedAt }: { claimCode: string; issuedAt: Instant | null },
): DoorAnswer {
  const whose = correlationId === null ? {} : { correlationId };
  return json({ pid, claimType, ...whose, ...createdAt(issuedAt), claimCode });
}

/** save-as-draft's 200, for a request whose code is there already. */
export function draftAnswer({ pid, claimType }: ClientRequest, at: Instant | null): DoorAnswer {
  return json({ pid, claimType, ...createdAt(at) });
}

/** As the agent writes it: Bangkok time without a zone; a key without a value is absent. */
function createdAt(at: Instant | null): { createdDate?: string } {
  return at === null ? {} : { createdDate: bangkokIso(at).slice(0, 19) };
}

function json(body: object): DoorAnswer {
  return { status: 200, contentType: 'application/json', text: JSON.stringify(body) };
}
