/** From what a client of the agent API has asked for to what the API shows of it. */

import { askSituation, askText } from '../domain/ask-text.ts';
import { bangkokIso } from '../domain/bangkok.ts';
import { maskCitizenId, maskCitizenIds, parseCitizenId } from '../domain/citizen-id.ts';
import { needsPerson } from '../domain/door-ask.ts';
import type { ListedAsk } from '../service/ports/door-asks.ts';
import { candidateJson, isoOrNull, type Showing } from './case-json.ts';
import type { ClientAskJson } from './schemas/client-ask.ts';

export function clientAskJson({ id, ask }: ListedAsk, showing: Showing): ClientAskJson {
  // as of a case: what is no valid citizen id cannot be masked well, so it is not shown at all
  const pid = parseCitizenId(ask.pid);
  const masked = pid === null ? null : maskCitizenId(pid);
  return {
    id,
    hcode: ask.hcode,
    serviceDate: ask.serviceDate,
    // the client's own text, whatever it has sent
    claimType: maskCitizenIds(ask.claimType),
    pid: showing === 'whole' ? ask.pid : masked,
    stationId: ask.stationId,
    actor: maskCitizenIds(ask.actor),
    state: ask.state,
    stateText: askText(askSituation(ask)),
    needsPerson: needsPerson(ask),
    claimCode: ask.claimCode,
    issuedAt: isoOrNull(ask.issuedAt),
    askedAt: bangkokIso(ask.askedAt),
    lookAt: isoOrNull(ask.lookAt),
    candidates: ask.candidates.map(candidateJson),
    updatedAt: bangkokIso(ask.updatedAt),
  };
}
