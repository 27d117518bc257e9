import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import type { FhirResource } from 'fhir/r4.js';
import { describe, expect, it, vi } from 'vitest';
import type { CardRead, NhsoRight } from '../../../src/domain/card-read.ts';
import { CASE_STATES } from '../../../src/domain/case.ts';
import { caseId, parseCaseId, parsePatientId, patientId } from '../../../src/http/fhir/ids.ts';
import type { CaseWithRead, MappingContext } from '../../../src/http/fhir/resources/context.ts';
import { toCoverage } from '../../../src/http/fhir/resources/coverage.ts';
import {
  outcomeOf,
  toCoverageEligibilityResponse,
} from '../../../src/http/fhir/resources/coverage-eligibility-response.ts';
import { toEncounter } from '../../../src/http/fhir/resources/encounter.ts';
import { organizations } from '../../../src/http/fhir/resources/organization.ts';
import { toPatient } from '../../../src/http/fhir/resources/patient.ts';
import { toProvenance } from '../../../src/http/fhir/resources/provenance.ts';
import { coverageTypeOf, parseInscl, payorOf } from '../../../src/http/fhir/resources/right.ts';
import { progressOf, TASK_PROGRESS, toTask } from '../../../src/http/fhir/resources/task.ts';
import { makeSeal } from '../../../src/http/fhir/seal.ts';
import { validateResource } from '../../support/fhir-validator/index.ts';
import {
  SAMPLE_AT,
  sampleCase,
  sampleCertifiedRead,
  sampleCitizenId,
  sampleFoundRight,
  samplePhotoRead,
  sampleRead,
  sampleVisit,
} from '../../support/samples.ts';
import { anyCase } from './arbitrary.ts';

// the first validation reads and compiles HL7's definitions: slow where many tests share a core
vi.setConfig({ testTimeout: 240_000 });

const seal = makeSeal(randomBytes(32));
const masked: MappingContext = { seal, showCitizenIds: false };
const open: MappingContext = { seal, showCitizenIds: true };

const CODE = {
  claimCode: 'PP1234567890',
  claimType: 'PG0060001',
  issuedAt: SAMPLE_AT,
  source: 'confirm',
} as const;
const READ = sampleRead();
const DONE: CaseWithRead = {
  case: sampleCase({
    state: 'written',
    reason: null,
    code: CODE,
    readId: READ.id,
    readKind: 'full',
    correlationId: READ.correlationId,
    version: 7,
  }),
  read: READ,
  found: null,
};

function all(source: CaseWithRead, context: MappingContext): FhirResource[] {
  const { hcode, hn, pid, version, updatedAt } = source.case;
  const patient =
    hn === null ? null : toPatient({ hcode, hn, pid, newest: source.case, version, updatedAt }, context);
  const views = [toEncounter, toCoverage, toCoverageEligibilityResponse, toTask, toProvenance].map((map) =>
    map(source, context),
  );
  return [patient, ...views].filter((r) => r !== null);
}

describe('any case of any state', () => {
  it('maps to valid resources', () => {
    fc.assert(
      fc.property(anyCase, fc.boolean(), (source, showCitizenIds) => {
        for (const resource of all(source, { seal, showCitizenIds })) {
          expect(validateResource(resource), JSON.stringify(resource)).toEqual([]);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('never shows its citizen id to a key that may not see it', () => {
    fc.assert(
      fc.property(anyCase, (source) => {
        const { vn: _visitNumber, ...rest } = source.case;
        const seen = all({ ...source, case: { ...rest, vn: '1' } }, masked);
        expect(JSON.stringify(seen)).not.toMatch(/99\d{11}/);
      }),
    );
  });
});

describe('ids', () => {
  it('are FHIR ids that can be read back', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 18 }), (vn) => {
        const id = caseId({ hcode: '10978', vn });
        expect(id).toMatch(/^[A-Za-z0-9\-.]{1,64}$/);
        if (Buffer.byteLength(vn) <= 18 && vn.isWellFormed()) {
          expect(parseCaseId(id)).toEqual({ hcode: '10978', vn });
        }
      }),
    );
  });

  it('carry an hn that is a citizen id sealed, and refuse one written out', () => {
    const hn = sampleCitizenId(7);
    const id = patientId({ hcode: '10978', hn }, seal);
    expect(id).not.toContain(hn);
    expect(id).toMatch(/^[A-Za-z0-9\-.]{1,64}$/);
    expect(parsePatientId(id, seal)).toEqual({ hcode: '10978', hn });
    expect(parsePatientId(`10978-${hn}`, seal)).toBeNull();
    expect(parsePatientId(id, makeSeal(randomBytes(32)))).toBeNull();
    const dashed = hn.replace(/^(\d)(\d{4})(\d{5})(\d\d)(\d)$/, '$1-$2-$3-$4-$5');
    const dashedId = patientId({ hcode: '109780000', hn: dashed }, seal);
    expect(dashedId.length).toBeLessThanOrEqual(64);
    expect(parsePatientId(dashedId, seal)).toEqual({ hcode: '109780000', hn: dashed });
  });

  it.each(['', '10978', '10978-', 'x-1', '10978-.zz', '10978-.2e', '10978-.41', '10978-.FF'])(
    'that we never made are none: %j',
    (id) => expect(parseCaseId(id)).toBeNull(),
  );
});

describe('Encounter', () => {
  it('holds the authen code as its official identifier, with NHSO and the time of issue', () => {
    expect(toEncounter(DONE, masked).identifier).toContainEqual({
      use: 'official',
      type: { coding: [{ system: expect.stringContaining('cs-th-identifier-type'), code: 'claimCode' }] },
      system: 'https://terms.sil-th.org/id/th-nhso-claim-code',
      value: 'PP1234567890',
      period: { start: '2026-11-20T08:30:00+07:00' },
      assigner: expect.objectContaining({ reference: 'Organization/nhso' }),
    });
  });

  it('holds an EP code beside it, under another system and type', () => {
    const c = { ...DONE.case, visit: sampleVisit({ code: 'EP42' }) };
    const ids = toEncounter({ ...DONE, case: c }, masked).identifier ?? [];
    const ep = ids.find((id) => id.value === 'EP42');
    expect(ep?.system).toBe('urn:authen-bridge:id:nhso-close-visit-code');
    expect(ep?.type?.coding?.[0]?.code).toBe('closeVisitCode');
    expect(ids.filter((id) => id.use === 'official').map((id) => id.value)).toEqual(['PP1234567890']);
  });

  it('tells class, period in Bangkok time, provider and what the code was asked for', () => {
    const encounter = toEncounter(DONE, masked);
    expect(encounter).toMatchObject({
      id: '10978-691120083000',
      meta: { versionId: '7' },
      status: 'finished',
      class: { code: 'AMB' },
      period: { start: '2026-11-20T08:30:00+07:00' },
      serviceProvider: { reference: 'Organization/10978' },
      subject: { reference: 'Patient/10978-000000123' },
      serviceType: { coding: [{ code: 'PG0060001', display: expect.stringContaining('เข้ารับบริการ') }] },
    });
    expect(encounter.period?.end).toBeUndefined();
    const admitted = { ...DONE.case, visit: sampleVisit({ kind: 'inpatient', an: '69001' }) };
    expect(toEncounter({ ...DONE, case: admitted }, masked)).toMatchObject({ class: { code: 'IMP' } });
  });

  it.each([
    ['awaiting-card', 'in-progress'],
    ['needs-staff', 'in-progress'],
    ['written', 'finished'],
    ['expired', 'finished'],
    ['cancelled', 'cancelled'],
  ] as const)('%s is %s', (state, status) => {
    expect(toEncounter({ case: sampleCase({ state }), read: null, found: null }, masked).status).toBe(status);
  });
});

describe('Coverage', () => {
  it("is NHSO's right, with its own words beside the Thai codes", () => {
    expect(toCoverage(DONE, masked)).toMatchObject({
      type: {
        coding: [{ code: 'UCS' }, { system: 'urn:authen-bridge:cs:nhso-main-inscl', code: 'UCS' }],
        text: '(UCS) สิทธิหลักประกันสุขภาพแห่งชาติ',
      },
      class: [
        { type: { coding: [{ code: 'group' }] }, value: 'UCS' },
        { type: { coding: [{ code: 'subgroup' }] }, value: '89', name: 'ช่วงอายุ 12-59 ปี' },
        { type: { coding: [{ code: 'paid-model' }] }, value: '1' },
      ],
      period: { start: '2019-10-01T00:00:00+07:00' },
      payor: [{ reference: 'Organization/nhso' }],
      beneficiary: { reference: 'Patient/10978-000000123' },
    });
  });

  it("tells each contracted hospital in the guide's kind and in NHSO's word", () => {
    const kinds = (toCoverage(DONE, masked)?.extension ?? []).map((e) =>
      e.extension?.[0]?.valueCodeableConcept?.coding?.map((c) => c.code),
    );
    expect(kinds).toEqual([
      ['primary', 'hospMain'],
      ['primary-care', 'hospMainOp'],
    ]);
  });

  it('is not there without a right that was read', () => {
    expect(toCoverage({ ...DONE, read: null, found: null }, masked)).toBeNull();
    expect(toCoverage({ ...DONE, read: sampleRead({ kind: 'card-only', right: null }) }, masked)).toBeNull();
  });

  const WITHOUT_CARD: CaseWithRead = { case: sampleCase(), read: null, found: sampleFoundRight() };

  it('is there without a card too, and says so', () => {
    const coverage = toCoverage(WITHOUT_CARD, masked);
    if (coverage === null) throw new Error('there is a right');
    expect(validateResource(coverage)).toEqual([]);
    expect(coverage).toMatchObject({
      id: '10978-691120083000',
      status: 'active',
      type: { coding: [{ code: 'UCS' }, { code: 'UCS' }] },
      period: { start: '2019-10-01T00:00:00+07:00' },
      beneficiary: { reference: 'Patient/10978-000000123' },
    });
    expect(coverage?.extension?.[0]).toEqual({
      url: 'urn:authen-bridge:extension:found-right',
      extension: [
        {
          url: 'method',
          valueCodeableConcept: {
            coding: [
              {
                system: 'urn:authen-bridge:cs:right-method',
                code: 'citizen-id',
                display: 'By citizen id, without a card',
              },
            ],
            text: expect.stringMatching(/โดยไม่ได้อ่านบัตร.*no card was read/),
          },
        },
        { url: 'service', valueCoding: { system: 'urn:authen-bridge:cs:nhso-service', code: 'ucws' } },
        { url: 'askedAt', valueDateTime: '2026-11-20T08:50:00+07:00' },
      ],
    });
  });

  it('is that of the read where the card came after all', () => {
    const right = { ...sampleFoundRight().right, mainInscl: '(OFC) สิทธิข้าราชการ' } as NhsoRight;
    expect(toCoverage({ ...DONE, found: sampleFoundRight({ right }) }, masked)).toEqual(
      toCoverage(DONE, masked),
    );
  });

  it('is not there where NHSO named no right, or does not know the person', () => {
    const none = sampleFoundRight({ answer: 'no-right', right: null });
    const unknown = sampleFoundRight({ answer: 'unknown-person', right: null, person: null });
    for (const found of [none, unknown]) expect(toCoverage({ ...WITHOUT_CARD, found }, masked)).toBeNull();
  });

  it('found without a card is quoted by the response to a code, and is none by itself', () => {
    const found = toCoverageEligibilityResponse(WITHOUT_CARD, masked);
    expect(found).toBeNull();
    const code = { ...CODE, source: 'lookup' } as const;
    const looked = { ...WITHOUT_CARD, case: sampleCase({ state: 'written', reason: null, code }) };
    expect(toCoverageEligibilityResponse(looked, masked)).toMatchObject({
      insurance: [{ coverage: { reference: 'Coverage/10978-691120083000' } }],
    });
  });

  it.each([
    ['(OFC) สิทธิข้าราชการ', 'OFC', 'OFC', 'cgd'],
    ['(SSS) สิทธิประกันสังคม', 'SSS', 'SSS', 'sso'],
    ['(WEL) สิทธิหลักประกัน (ยกเว้น)', 'WEL', 'OTH', 'nhso'],
    ['UCS', 'UCS', 'UCS', 'nhso'],
  ] as const)('%s', (text, code, type, payor) => {
    expect(parseInscl(text)?.code).toBe(code);
    expect(coverageTypeOf(code)).toBe(type);
    expect(payorOf(code)).toBe(payor);
  });
});

describe('CoverageEligibilityResponse', () => {
  it('quotes the code as preAuthRef and the correlationId as its request', () => {
    expect(toCoverageEligibilityResponse(DONE, masked)).toMatchObject({
      outcome: 'complete',
      preAuthRef: 'PP1234567890',
      servicedDate: '2026-11-20',
      identifier: [{ value: READ.correlationId }],
      request: { identifier: { value: READ.correlationId } },
      insurance: [{ coverage: { reference: 'Coverage/10978-691120083000' }, inforce: true }],
    });
  });

  it('is an error with its reason when NHSO refused', () => {
    const refused = {
      ...DONE.case,
      code: null,
      state: 'needs-staff',
      reason: 'refused',
      reasonDetail: 'ซ้ำ',
    } as const;
    expect(toCoverageEligibilityResponse({ ...DONE, case: refused }, masked)).toMatchObject({
      outcome: 'error',
      disposition: 'ซ้ำ',
      error: [{ code: { coding: [{ code: 'refused' }] } }],
    });
    expect(outcomeOf({ code: null, reason: null })).toBe('partial');
  });

  it('is not there when NHSO has not answered', () => {
    expect(toCoverageEligibilityResponse({ case: sampleCase(), read: null, found: null }, masked)).toBeNull();
    const cardOnly = sampleCase({ readKind: 'card-only', state: 'offline' });
    expect(toCoverageEligibilityResponse({ case: cardOnly, read: null, found: null }, masked)).toBeNull();
  });
});

describe('Task', () => {
  it.each([
    ['awaiting-card', 'requested', 'missing'],
    ['ready', 'ready', 'missing'],
    ['drafted', 'in-progress', 'missing'],
    ['confirming', 'in-progress', 'missing'],
    ['unknown', 'in-progress', 'retrying'],
    ['offline', 'on-hold', 'nhso-down'],
    ['confirmed', 'in-progress', 'obtained'],
    ['found-elsewhere', 'in-progress', 'obtained'],
    ['written', 'completed', 'closed'],
    ['needs-staff', 'on-hold', 'needs-staff'],
    ['expired', 'failed', 'missing'],
    ['cancelled', 'cancelled', 'closed'],
    ['closed', 'cancelled', 'closed'],
  ] as const)('%s is %s, %s', (state, status, business) => {
    const task = toTask({ case: sampleCase({ state, reason: null }), read: null, found: null }, masked);
    expect(task).toMatchObject({ status, businessStatus: { coding: [{ code: business }] } });
  });

  it('knows every state, and has none for a visit that needs no code', () => {
    expect(Object.keys(TASK_PROGRESS).sort()).toEqual([...CASE_STATES].sort());
    expect(
      toTask({ case: sampleCase({ state: 'not-required' }), read: null, found: null }, masked),
    ).toBeNull();
  });

  it('says that NHSO is down while a step waits for it', () => {
    expect(progressOf({ state: 'ready', reason: 'waiting-nhso' })?.business).toBe('nhso-down');
  });

  it('ends with the service day and holds the code', () => {
    expect(toTask(DONE, masked)).toMatchObject({
      intent: 'order',
      identifier: [{ value: '10978-691120083000' }],
      focus: { reference: 'Encounter/10978-691120083000' },
      restriction: { period: { end: '2026-11-20T23:59:59+07:00' } },
      output: [{ valueIdentifier: { value: 'PP1234567890' } }],
    });
  });
});

describe('Provenance', () => {
  const CERTIFIED = sampleCertifiedRead();
  const of = (read: CardRead | null) => toProvenance({ case: DONE.case, read, found: null });

  it("says that the patient's card was read, where and when", () => {
    expect(of(READ)).toMatchObject({
      id: '10978-691120083000',
      target: [{ reference: 'Encounter/10978-691120083000' }],
      occurredDateTime: '2026-11-20T08:35:00+07:00',
      recorded: '2026-11-20T08:35:00.400+07:00',
      activity: { coding: [{ system: 'urn:authen-bridge:cs:presence', code: 'full' }] },
      agent: [{ type: { coding: [{ code: 'verifier' }] }, who: { display: 'counter-1' } }],
    });
    expect(of(READ)?.reason).toBeUndefined();
  });

  it('says who certified, in which role, why, and at which counter', () => {
    const provenance = of(CERTIFIED);
    expect(provenance).toMatchObject({
      reason: [{ text: 'ลืมบัตร' }],
      activity: { coding: [{ code: 'certified' }] },
      agent: [
        {
          type: { coding: [{ code: 'author' }] },
          role: [
            {
              coding: [{ system: 'urn:authen-bridge:cs:certifier-role', code: 'officer' }],
              text: 'พยาบาลคัดกรอง',
            },
          ],
          who: { display: 'สมหญิง รับรองดี' },
        },
        { type: { coding: [{ code: 'verifier' }] }, who: { identifier: { value: '10978/counter-1' } } },
      ],
    });
    expect(JSON.stringify(provenance)).not.toMatch(/99\d{11}|0898765432/);
  });

  it('says that there is a photo, and shows none', () => {
    expect(of(samplePhotoRead())).toMatchObject({
      activity: { coding: [{ code: 'photo' }] },
      agent: [{ who: { display: 'counter-1' } }],
    });
  });

  it('is not there while nothing proves that the patient was', () => expect(of(null)).toBeNull());
});

describe('Patient', () => {
  const row = {
    hcode: '10978',
    hn: '000000123',
    pid: sampleCitizenId(1),
    newest: DONE.case,
    version: 3,
    updatedAt: SAMPLE_AT,
  };

  it('shows citizen id and phone to those who may see them', () => {
    const patient = toPatient(row, open);
    expect(patient.identifier?.[0]).toMatchObject({
      system: 'https://terms.sil-th.org/id/th-cid',
      value: sampleCitizenId(1),
    });
    expect(patient.telecom).toEqual([{ system: 'phone', use: 'mobile', value: '0812345678' }]);
  });

  it('tells others that they exist, masked', () => {
    const patient = toPatient(row, masked);
    const absent = {
      extension: [{ url: expect.stringContaining('data-absent-reason'), valueCode: 'masked' }],
    };
    expect(patient.identifier?.[0]).toMatchObject({
      system: 'https://terms.sil-th.org/id/th-cid',
      _value: absent,
    });
    expect(patient.telecom?.[0]).toMatchObject({ system: 'phone', _value: absent });
    expect(JSON.stringify(patient)).not.toMatch(/0812345678|99\d{11}/);
  });
});

it('Organizations are valid, the payors among them, and a new name is a new version', () => {
  const list = organizations([
    { hcode: '10978', name: 'ก' },
    { hcode: '10979', name: '' },
  ]);
  for (const organization of list) expect(validateResource(organization)).toEqual([]);
  expect(list.map((o) => o.id)).toEqual(['10978', '10979', 'nhso', 'cgd', 'sso']);
  const renamed = organizations([{ hcode: '10978', name: 'ข' }]);
  expect(renamed[0]?.meta?.versionId).not.toBe(list[0]?.meta?.versionId);
});
