/** Searching by identifier: which system stands for which column of the ledger. */

import type { SearchQuery } from '../../../service/ports/ledger.ts';
import { isCitizenId, parseCaseId, parsePatientId } from '../ids.ts';
import { FhirError } from '../outcome.ts';
import { ID, parseLocalSystem } from '../systems.ts';
import { type CaseParameter, EVERY, NONE, type ParameterContext } from './parameter.ts';
import { parseToken, type Token } from './values.ts';

export const encounterIdentifier: CaseParameter = {
  name: 'identifier',
  type: 'token',
  documentation: `VN (system ${'https://terms.sil-th.org/hcode/5/{hcode}/VN'}) and authen code (system ${ID.claimCode}). Visits without a code: identifier:not=${ID.claimCode}|`,
  modifiers: ['not', 'missing'],
  missing: NONE,
  match(value) {
    const { system, code } = parseToken(value, 'identifier');
    if (system === null) return [{ vns: [{ hcode: null, vn: code }] }, { claimCodes: [code] }];
    if (system === ID.claimCode) return code === '' ? [{ codeMissing: false }] : [{ claimCodes: [code] }];
    const local = parseLocalSystem(system);
    if (system === ID.closeVisitCode || local?.number === 'AN') {
      throw new FhirError(422, 'identifier: visits cannot be searched by AN or by EP code', 'identifier');
    }
    if (local?.number !== 'VN') return [NONE];
    return code === '' ? [{ hcode: local.hcode }] : [{ vns: [{ hcode: local.hcode, vn: code }] }];
  },
};

export function patientIdentifier(
  name: 'identifier' | 'patient.identifier' | 'subject.identifier',
): CaseParameter {
  return {
    name,
    type: 'token',
    documentation: `HN (system ${'https://terms.sil-th.org/hcode/5/{hcode}/HN'}) and, for keys with the scope pid:read, citizen id (system ${ID.cid}); use POST _search for the latter, so that it stands in no address`,
    modifiers: name === 'identifier' ? ['not', 'missing'] : [],
    ...(name === 'identifier' ? { missing: NONE } : {}),
    match: (value, context) => matchPatient(parseToken(value, name), name, context),
  };
}

function matchPatient(
  { system, code }: Token,
  name: string,
  context: ParameterContext,
): readonly SearchQuery[] {
  const asksCitizenId = isCitizenId(code) || (system === ID.cid && code !== '');
  if (asksCitizenId && !context.showCitizenIds) {
    throw new FhirError(403, `${name}: searching by citizen id needs a key with the scope pid:read`, name);
  }
  if (system === null) {
    const byHn: SearchQuery = { hns: [{ hcode: null, hn: code }] };
    return asksCitizenId ? [{ pids: [code.replace(/[\s-]/g, '')] }, byHn] : [byHn];
  }
  if (system === ID.cid) return code === '' ? [{ pidMissing: false }] : [{ pids: [code] }];
  const local = parseLocalSystem(system);
  if (local?.number !== 'HN') return [NONE];
  return code === ''
    ? [{ hcode: local.hcode, hnMissing: false }]
    : [{ hns: [{ hcode: local.hcode, hn: code }] }];
}

export const taskIdentifier: CaseParameter = {
  name: 'identifier',
  type: 'token',
  documentation: `{hcode}-{vn}, system ${ID.case}`,
  modifiers: ['not', 'missing'],
  missing: NONE,
  match(value) {
    const { system, code } = parseToken(value, 'identifier');
    if (system !== null && system !== ID.case) return [NONE];
    if (code === '') return [EVERY];
    const dash = code.indexOf('-');
    return dash < 1 ? [NONE] : [{ keys: [{ hcode: code.slice(0, dash), vn: code.slice(dash + 1) }] }];
  },
};

export const responseIdentifier: CaseParameter = {
  name: 'identifier',
  type: 'token',
  documentation: `NHSO's correlationId, system ${ID.correlation}`,
  modifiers: ['not'],
  match(value) {
    const { system, code } = parseToken(value, 'identifier');
    if (system !== null && system !== ID.correlation) return [NONE];
    return code === '' ? [{ correlationMissing: false }] : [{ correlationIds: [code] }];
  },
};

/** `_id` of what is kept one a visit. */
export const caseIdParameter: CaseParameter = {
  name: '_id',
  type: 'token',
  documentation: 'logical id',
  modifiers: ['not'],
  match(value) {
    const key = parseCaseId(value);
    return [key === null ? NONE : { keys: [key] }];
  },
};

/** `_id` of patients: hospital and hn, like every reference to them. */
export const patientIdParameter: CaseParameter = {
  name: '_id',
  type: 'token',
  documentation: 'logical id',
  modifiers: ['not'],
  match(value, { seal }) {
    const key = parsePatientId(value, seal);
    return [key === null ? NONE : { patients: [key] }];
  },
};
