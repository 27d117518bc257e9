/**
 * The right, as NHSO told it when the card was read, or by citizen id alone where no card came. A right that is not known
 * is no Coverage.
 */

import type { CodeableConcept, Coverage, CoverageClass, Extension } from 'fhir/r4.js';
import { bangkokIso } from '../../../domain/bangkok.ts';
import type { HospitalRef, NhsoRight } from '../../../domain/card-read.ts';
import { type FoundRight, rightOf } from '../../../domain/found-right.ts';
import { caseId } from '../ids.ts';
import { CODES, EXTENSION } from '../systems.ts';
import type { CaseWithRead, MappingContext } from './context.ts';
import { clean, coding, concept, hospitalByCode, meta } from './elements.ts';
import { subjectOf } from './encounter.ts';
import { payorReference } from './organization.ts';
import { coverageTypeOf, parseInscl, payorOf } from './right.ts';

/** Null when the visit's right is not known. */
export function toCoverage({ case: c, read, found }: CaseWithRead, context: MappingContext): Coverage | null {
  const known = rightOf(c, read, found);
  if (known === null) return null;
  const { right } = known;
  const main = parseInscl(right.mainInscl);
  const person = subjectOf(c, context) ?? { display: c.vn };
  const classes = classesOf(right);
  const extensions = [...foundWithoutCard(known.found), ...contractedProviders(right)];
  return {
    resourceType: 'Coverage',
    id: caseId(c),
    meta: meta(c.version, c.updatedAt),
    ...(extensions.length === 0 ? {} : { extension: extensions }),
    status: 'active',
    type: typeOf(right),
    subscriber: person,
    beneficiary: person,
    ...(right.startDateTime === null ? {} : { period: { start: bangkokIso(right.startDateTime) } }),
    payor: [payorReference(payorOf(main?.code ?? null))],
    ...(classes.length === 0 ? {} : { class: classes }),
  };
}

function typeOf(right: NhsoRight): CodeableConcept {
  const main = parseInscl(right.mainInscl);
  const thai = coding(CODES.coverageType, coverageTypeOf(main?.code ?? null));
  if (main === null) return { coding: [thai] };
  return {
    coding: [thai, coding(CODES.mainInscl, main.code, main.name)],
    text: clean(right.mainInscl) ?? main.code,
  };
}

function classesOf(right: NhsoRight): CoverageClass[] {
  const words = [
    { type: 'group', word: parseInscl(right.mainInscl) },
    { type: 'subgroup', word: parseInscl(right.subInscl) },
  ].flatMap(({ type, word }) =>
    word === null
      ? []
      : [
          {
            type: concept(CODES.coverageClass, type),
            value: word.code,
            ...(word.name === null ? {} : { name: word.name }),
          },
        ],
  );
  const paidModel = clean(right.paidModel);
  if (paidModel === null) return words;
  return [...words, { type: concept(CODES.ownCoverageClass, 'paid-model'), value: paidModel }];
}

/** No card was read: said in words as well, for a reader who knows none of our codes. */
function foundWithoutCard(found: FoundRight | null): Extension[] {
  if (found === null) return [];
  const method = concept(CODES.rightMethod, 'citizen-id', 'By citizen id, without a card');
  return [
    {
      url: EXTENSION.foundRight,
      extension: [
        {
          url: 'method',
          valueCodeableConcept: {
            ...method,
            text: 'สอบถามสิทธิจาก สปสช. ด้วยเลขประจำตัวประชาชน โดยไม่ได้อ่านบัตร / Asked of NHSO by citizen id; no card was read',
          },
        },
        { url: 'service', valueCoding: coding(CODES.nhsoService, found.source) },
        { url: 'askedAt', valueDateTime: bangkokIso(found.askedAt) },
      ],
    },
  ];
}

/**
 * The three hospitals of the right. The Thai guide knows three kinds but not which of NHSO's is which, so NHSO's own
 * word stands beside the guide's.
 */
const HOSPITALS = [
  ['hospMain', 'primary'],
  ['hospSub', 'secondary'],
  ['hospMainOp', 'primary-care'],
] as const;

function contractedProviders(right: NhsoRight): Extension[] {
  return HOSPITALS.flatMap(([word, kind]) => {
    const hospital: HospitalRef | null = right[word];
    const hcode = clean(hospital?.hcode);
    if (hospital === null || hcode === null) return [];
    const type = {
      coding: [coding(CODES.contractedProviderType, kind), coding(CODES.nhsoHospital, word)],
    };
    const extension: Extension[] = [
      { url: 'type', valueCodeableConcept: type },
      { url: 'provider', valueReference: hospitalByCode(hcode, hospital.hname) },
    ];
    if (right.startDateTime !== null) {
      extension.push({ url: 'period', valuePeriod: { start: bangkokIso(right.startDateTime) } });
    }
    return [{ url: EXTENSION.contractedProvider, extension }];
  });
}
