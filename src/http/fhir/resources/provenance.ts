/** How it was proved that the patient was there: by their own card, by somebody who certified with theirs, or by a photo. */

import type { CodeableConcept, Provenance, ProvenanceAgent } from 'fhir/r4.js';
import { bangkokIso } from '../../../domain/bangkok.ts';
import type { CardRead, Certifier, CertifierRole, ReadKind } from '../../../domain/card-read.ts';
import { maskCitizenIds } from '../../../domain/citizen-id.ts';
import { caseId } from '../ids.ts';
import { CODES, ID } from '../systems.ts';
import type { CaseWithRead } from './context.ts';
import { clean, concept, instantIso, meta } from './elements.ts';

const PRESENCE: Record<ReadKind, string> = {
  full: 'อ่านบัตรประชาชนของผู้ป่วย',
  'card-only': 'อ่านบัตรประชาชนของผู้ป่วย ขณะติดต่อ สปสช. ไม่ได้',
  certified: 'มีผู้รับรอง โดยเสียบบัตรของผู้รับรอง',
  photo: 'ถ่ายรูปหน้าผู้ป่วยพร้อมบัตรประจำตัวประชาชน',
};

const CERTIFIER: Record<CertifierRole, string> = {
  guardian: 'ผู้ปกครอง',
  carer: 'ผู้ดูแล',
  officer: 'เจ้าหน้าที่ผู้มีหน้าที่เกี่ยวข้อง',
};

/** Null while nothing proves it. No photo and no citizen id stands in it, whoever asks. */
export function toProvenance({ case: c, read }: CaseWithRead): Provenance | null {
  if (read === null) return null;
  const why = safe(read.certifier?.reason);
  return {
    resourceType: 'Provenance',
    id: caseId(c),
    meta: meta(c.version, c.updatedAt),
    target: [{ reference: `Encounter/${caseId(c)}` }],
    occurredDateTime: bangkokIso(read.readAt),
    recorded: instantIso(read.receivedAt),
    ...(why === null ? {} : { reason: [{ text: why }] }),
    activity: concept(CODES.presence, read.kind, PRESENCE[read.kind]),
    agent: [...(read.certifier === null ? [] : [certifier(read.certifier)]), station(read)],
  };
}

function certifier({ role, relation, person }: Certifier): ProvenanceAgent {
  const name = safe([person.fname, person.lname].map((part) => part ?? '').join(' '));
  const text = safe(relation);
  return {
    type: participant('author'),
    role: [{ ...concept(CODES.certifierRole, role, CERTIFIER[role]), ...(text === null ? {} : { text }) }],
    who: { display: name ?? CERTIFIER[role] },
  };
}

/** The counter whose reader, or program, told of it. */
function station({ hcode, stationId }: CardRead): ProvenanceAgent {
  return {
    type: participant('verifier'),
    who: { identifier: { system: ID.station, value: `${hcode}/${stationId}` }, display: stationId },
    onBehalfOf: { reference: `Organization/${hcode}` },
  };
}

function participant(code: 'author' | 'verifier'): CodeableConcept {
  return concept(CODES.participantType, code);
}

/** Words that a clerk typed. */
function safe(text: string | null | undefined): string | null {
  return clean(maskCitizenIds(text ?? ''));
}
