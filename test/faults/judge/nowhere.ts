/** Codes that NHSO has issued to us and that nobody can find. */

import type { CentreCode } from '../../../simulators/nhso-agent/centre.ts';
import type { CaseDetailJson } from '../../../src/http/schemas/case.ts';
import type { ClientAskJson } from '../../../src/http/schemas/client-ask.ts';
import type { Diary } from '../day.ts';

export interface WhereCodesAre {
  codes: readonly CentreCode[];
  /** What stands in the HIS: visit number to code. */
  hisCodes: ReadonlyMap<string, string | null>;
  diary: Pick<Diary, 'clients'>;
  /** What clients of the agent API have asked for and a person must look at. */
  asks: readonly ClientAskJson[];
  cases: ReadonlyMap<string, CaseDetailJson>;
}

/**
 * Every code that NHSO issued to us is in the HIS, or a person sees it, or chose another one while they saw it, or the client
 * that asked has it. That a client has it does not settle a visit that stands there: see `restlessness`.
 */
export function codesNowhere(where: WhereCodesAre): string[] {
  const { asks, cases } = where;
  const onList = [...cases.values()].filter((c) => c.state === 'needs-staff').map((c) => JSON.stringify(c));
  const passedOver = new Set(
    [...cases.values()].flatMap((c) => c.history).flatMap(({ detail }) => detail.notTaken ?? []),
  );
  const shown = new Set(asks.flatMap((ask) => [ask.claimCode, ...ask.candidates.map((c) => c.claimCode)]));
  return codesNotInHis(where).filter(
    (claimCode) =>
      !passedOver.has(claimCode) && !shown.has(claimCode) && !onList.some((text) => text.includes(claimCode)),
  );
}

/** Those that neither the HIS nor a client has: somebody must see them. */
export function codesNotInHis({
  codes,
  hisCodes,
  diary,
}: Pick<WhereCodesAre, 'codes' | 'hisCodes' | 'diary'>): string[] {
  const given = new Set(diary.clients.map(({ told }) => told?.claimCode));
  const inHis = new Set(hisCodes.values());
  return codes
    .filter(({ channel, claimCode }) => channel === 'agent' && !inHis.has(claimCode) && !given.has(claimCode))
    .map(({ claimCode }) => claimCode);
}
