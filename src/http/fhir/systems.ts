/**
 * The URIs that FHIR readers know things by. Thai ones are those of SIL-TH; the `urn:authen-bridge:` ones are this
 * project's own, for what NHSO names and no Thai guide has a system for.
 */

export const ID = {
  cid: 'https://terms.sil-th.org/id/th-cid',
  hcode: 'https://terms.sil-th.org/id/th-moph-hcode',
  /** In wide use beside the former. */
  hcode5: 'https://bps.moph.go.th/hcode/5',
  claimCode: 'https://terms.sil-th.org/id/th-nhso-claim-code',
  /** EP codes (ปิดสิทธิ): not the authen code, so not under its system. */
  closeVisitCode: 'urn:authen-bridge:id:nhso-close-visit-code',
  /** NHSO's correlationId of a card read. */
  correlation: 'urn:authen-bridge:id:nhso-correlation',
  /** `{hcode}/{station}`, a counter. */
  station: 'urn:authen-bridge:id:station',
  /** `{hcode}-{vn}`, the case of the bridge. */
  case: 'urn:authen-bridge:id:case',
} as const;

/** Numbers that a hospital gives itself: the system carries the hospital's code. */
export type LocalNumber = 'HN' | 'VN' | 'AN';

export function localSystem(hcode: string, number: LocalNumber): string {
  return `https://terms.sil-th.org/hcode/5/${hcode}/${number}`;
}

/** The hospital and the kind of number of a local system; null for any other URI. */
export function parseLocalSystem(uri: string): { hcode: string; number: LocalNumber } | null {
  const match = /^https:\/\/terms\.sil-th\.org\/hcode\/5\/([A-Za-z0-9]{5}|[A-Za-z0-9]{9})\/(HN|VN|AN)$/.exec(
    uri,
  );
  return match === null ? null : { hcode: match[1] as string, number: match[2] as LocalNumber };
}

export const CODES = {
  identifierType: 'https://terms.sil-th.org/core/CodeSystem/cs-th-identifier-type',
  ownIdentifierType: 'urn:authen-bridge:cs:identifier-type',
  coverageType: 'https://terms.sil-th.org/core/CodeSystem/cs-th-coverage-type',
  contractedProviderType: 'https://terms.sil-th.org/CodeSystem/cs-meta-provider-type-coverage',
  /** Which of NHSO's three hospitals: hospMain, hospMainOp, hospSub. */
  nhsoHospital: 'urn:authen-bridge:cs:nhso-hospital',
  mainInscl: 'urn:authen-bridge:cs:nhso-main-inscl',
  claimType: 'urn:authen-bridge:cs:nhso-claim-type',
  coverageClass: 'http://terminology.hl7.org/CodeSystem/coverage-class',
  ownCoverageClass: 'urn:authen-bridge:cs:coverage-class',
  organizationType: 'http://terminology.hl7.org/CodeSystem/organization-type',
  actCode: 'http://terminology.hl7.org/CodeSystem/v3-ActCode',
  /** How a right came to be known where it was not at a card read: `citizen-id`. */
  rightMethod: 'urn:authen-bridge:cs:right-method',
  /** Which of NHSO's services told it: `ucws`, `srm`. */
  nhsoService: 'urn:authen-bridge:cs:nhso-service',
  task: 'urn:authen-bridge:cs:task',
  /** How presence was proved: the kinds of card read. */
  presence: 'urn:authen-bridge:cs:presence',
  certifierRole: 'urn:authen-bridge:cs:certifier-role',
  participantType: 'http://terminology.hl7.org/CodeSystem/provenance-participant-type',
  businessStatus: 'urn:authen-bridge:cs:business-status',
  reason: 'urn:authen-bridge:cs:reason',
} as const;

/** Code systems of FHIR's own `code` elements, for `system|code` in a search. */
export const STATUS_SYSTEM = {
  Encounter: 'http://hl7.org/fhir/encounter-status',
  Coverage: 'http://hl7.org/fhir/fm-status',
  CoverageEligibilityResponse: 'http://hl7.org/fhir/fm-status',
  Task: 'http://hl7.org/fhir/task-status',
  outcome: 'http://hl7.org/fhir/remittance-outcome',
} as const;

export const EXTENSION = {
  contractedProvider:
    'https://fhir-ig.sil-th.org/th/extensions/StructureDefinition/ex-coverage-contracted-provider',
  /** On a Coverage that was found without a card: `method`, `service`, `askedAt`. */
  foundRight: 'urn:authen-bridge:extension:found-right',
  dataAbsent: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason',
} as const;
