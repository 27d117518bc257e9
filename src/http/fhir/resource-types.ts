/** The table that everything hangs on: routes, searches and the CapabilityStatement are all made from it. */

import type { FhirResource } from 'fhir/r4.js';
import { CASE_STATES } from '../../domain/case.ts';
import type { SearchQuery, SearchSort } from '../../service/ports/ledger.ts';
import type { CaseWithRead, MappingContext } from './resources/context.ts';
import { toCoverage } from './resources/coverage.ts';
import { toCoverageEligibilityResponse } from './resources/coverage-eligibility-response.ts';
import { toEncounter } from './resources/encounter.ts';
import { toProvenance } from './resources/provenance.ts';
import { TASK_PROGRESS, toTask } from './resources/task.ts';
import {
  activeStatus,
  answerOutcome,
  businessStatus,
  coverageType,
  encounterClass,
  encounterDate,
  encounterReferenceParameter,
  encounterStatus,
  lastUpdated,
  patientLastUpdated,
  patientReferenceParameter,
  serviceProvider,
  taskCode,
  taskStatus,
} from './search/case-parameters.ts';
import {
  caseIdParameter,
  encounterIdentifier,
  patientIdentifier,
  patientIdParameter,
  responseIdentifier,
  taskIdentifier,
} from './search/identifiers.ts';
import { organizationParameters } from './search/organization-parameters.ts';
import type { CaseParameter } from './search/parameter.ts';

/** What a search may bring along: `patient` and `organization` of the visit, or another view of the same visit. */
export type Along = 'Patient' | 'Organization' | CaseType;

export type CaseType = 'Encounter' | 'Coverage' | 'CoverageEligibilityResponse' | 'Task' | 'Provenance';

interface Common {
  documentation: string;
  /** `_include` values and what each brings. */
  includes: Readonly<Record<string, Along>>;
  revincludes: Readonly<Record<string, Along>>;
  sorts: Readonly<Record<string, SearchSort>>;
}

/** Kept one a visit: made of the case, its card read and a right that was found without a card. */
export interface CaseResource extends Common {
  kind: 'case';
  /** Which cases have one; `map` gives null for all others. */
  base: SearchQuery;
  parameters: readonly CaseParameter[];
  map(source: CaseWithRead, context: MappingContext): FhirResource | null;
}

export interface PatientResource extends Common {
  kind: 'patient';
  parameters: readonly CaseParameter[];
}

export interface OrganizationResource extends Common {
  kind: 'organization';
  parameters: typeof organizationParameters;
}

const BY_CHANGE = { _lastUpdated: 'updated', '-_lastUpdated': '-updated' } as const;
const BY_DATE = { date: 'date', '-date': '-date' } as const;

export const RESOURCES = {
  Patient: {
    kind: 'patient',
    documentation: 'The people of the visits, as the newest visit with their hn tells of them.',
    parameters: [patientIdParameter, patientLastUpdated, patientIdentifier('identifier')],
    includes: {},
    revincludes: {},
    sorts: {},
  } satisfies PatientResource,
  Encounter: {
    kind: 'case',
    documentation: 'The visits, with VN and authen code.',
    base: {},
    parameters: [
      caseIdParameter,
      lastUpdated,
      encounterIdentifier,
      encounterStatus,
      encounterClass,
      encounterDate,
      patientReferenceParameter('patient'),
      patientReferenceParameter('subject'),
      patientIdentifier('patient.identifier'),
      patientIdentifier('subject.identifier'),
      serviceProvider,
    ],
    includes: {
      'Encounter:patient': 'Patient',
      'Encounter:subject': 'Patient',
      'Encounter:service-provider': 'Organization',
    },
    revincludes: {
      'Task:focus': 'Task',
      'Task:encounter': 'Task',
      'Provenance:target': 'Provenance',
    },
    sorts: { ...BY_DATE, ...BY_CHANGE },
    map: toEncounter,
  } satisfies CaseResource,
  Coverage: {
    kind: 'case',
    documentation:
      'The right that NHSO told when the card was read, or by citizen id where no card came; none where it is not known.',
    base: { withRight: true },
    parameters: [
      caseIdParameter,
      lastUpdated,
      activeStatus,
      coverageType,
      patientReferenceParameter('beneficiary'),
      patientReferenceParameter('patient'),
      patientReferenceParameter('subscriber'),
      patientIdentifier('patient.identifier'),
    ],
    includes: {
      'Coverage:beneficiary': 'Patient',
      'Coverage:patient': 'Patient',
      'Coverage:subscriber': 'Patient',
    },
    revincludes: {},
    sorts: BY_CHANGE,
    map: toCoverage,
  } satisfies CaseResource,
  CoverageEligibilityResponse: {
    kind: 'case',
    documentation: 'Proof that NHSO answered for a visit.',
    base: { withAnswer: true },
    parameters: [
      caseIdParameter,
      lastUpdated,
      responseIdentifier,
      activeStatus,
      answerOutcome,
      patientReferenceParameter('patient'),
      patientIdentifier('patient.identifier'),
    ],
    includes: { 'CoverageEligibilityResponse:patient': 'Patient' },
    revincludes: {},
    sorts: BY_CHANGE,
    map: toCoverageEligibilityResponse,
  } satisfies CaseResource,
  Task: {
    kind: 'case',
    documentation: 'What is to be done, was done or could not be done for a visit that needs an authen code.',
    base: { states: CASE_STATES.filter((state) => TASK_PROGRESS[state] !== null) },
    parameters: [
      caseIdParameter,
      lastUpdated,
      taskIdentifier,
      taskStatus,
      businessStatus,
      taskCode,
      patientReferenceParameter('patient'),
      patientReferenceParameter('subject'),
      patientIdentifier('patient.identifier'),
      encounterReferenceParameter('encounter'),
      encounterReferenceParameter('focus'),
    ],
    includes: {
      'Task:focus': 'Encounter',
      'Task:encounter': 'Encounter',
      'Task:patient': 'Patient',
      'Task:subject': 'Patient',
      'Task:owner': 'Organization',
    },
    revincludes: {},
    sorts: BY_CHANGE,
    map: toTask,
  } satisfies CaseResource,
  Provenance: {
    kind: 'case',
    documentation:
      "How it was proved that the patient was there: the patient's card, somebody who certified with their own, or a photo.",
    base: { readMissing: false },
    parameters: [caseIdParameter, lastUpdated, encounterReferenceParameter('target')],
    includes: { 'Provenance:target': 'Encounter' },
    revincludes: {},
    sorts: BY_CHANGE,
    map: toProvenance,
  } satisfies CaseResource,
  Organization: {
    kind: 'organization',
    documentation: 'The hospitals of this bridge, and who pays.',
    parameters: organizationParameters,
    includes: {},
    revincludes: {},
    sorts: {},
  } satisfies OrganizationResource,
} as const;

export type ResourceType = keyof typeof RESOURCES;

export const RESOURCE_TYPES = Object.keys(RESOURCES) as readonly ResourceType[];

export type ResourceDefinition = CaseResource | PatientResource | OrganizationResource;

export function definitionOf(type: ResourceType): ResourceDefinition {
  return RESOURCES[type];
}
