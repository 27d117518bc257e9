/** What is to be done, was done or could not be done to get a visit's authen code. */

import type { Task } from 'fhir/r4.js';
import { bangkokIso, endOfServiceDate } from '../../../domain/bangkok.ts';
import type { Case, CaseState } from '../../../domain/case.ts';
import { maskCitizenIds } from '../../../domain/citizen-id.ts';
import { caseId } from '../ids.ts';
import { CODES, ID } from '../systems.ts';
import type { CaseWithRead, MappingContext } from './context.ts';
import { claimCodeIdentifier, clean, concept, meta } from './elements.ts';
import { subjectOf } from './encounter.ts';

/** `obtained`: NHSO has issued the code and the HIS does not hold it yet. */
export const BUSINESS_STATUS = {
  missing: 'ยังไม่มี authen code',
  retrying: 'กำลังตรวจสอบกับ สปสช. อีกครั้ง',
  'nhso-down': 'ติดต่อ สปสช. ไม่ได้',
  'needs-staff': 'รอเจ้าหน้าที่',
  obtained: 'ได้รหัสแล้ว รอบันทึกลง HIS',
  closed: 'สิ้นสุดแล้ว',
} as const;

export type BusinessStatus = keyof typeof BUSINESS_STATUS;

export interface TaskProgress {
  status: Task['status'];
  business: BusinessStatus;
}

/** One line a state; null: no code is needed, so there is nothing to do. Searching reads this table too. */
export const TASK_PROGRESS: Record<CaseState, TaskProgress | null> = {
  'awaiting-card': { status: 'requested', business: 'missing' },
  ready: { status: 'ready', business: 'missing' },
  drafted: { status: 'in-progress', business: 'missing' },
  confirming: { status: 'in-progress', business: 'missing' },
  unknown: { status: 'in-progress', business: 'retrying' },
  offline: { status: 'on-hold', business: 'nhso-down' },
  confirmed: { status: 'in-progress', business: 'obtained' },
  'found-elsewhere': { status: 'in-progress', business: 'obtained' },
  'needs-staff': { status: 'on-hold', business: 'needs-staff' },
  written: { status: 'completed', business: 'closed' },
  expired: { status: 'failed', business: 'missing' },
  cancelled: { status: 'cancelled', business: 'closed' },
  closed: { status: 'cancelled', business: 'closed' },
  'not-required': null,
};

/** States that the bridge goes on from by itself as soon as NHSO can be reached again. */
export const WAITS_FOR_NHSO: readonly CaseState[] = ['ready', 'drafted', 'confirming', 'unknown'];

export function progressOf(c: Pick<Case, 'state' | 'reason'>): TaskProgress | null {
  const progress = TASK_PROGRESS[c.state];
  const down = c.reason === 'waiting-nhso' && WAITS_FOR_NHSO.includes(c.state);
  return progress !== null && down ? { ...progress, business: 'nhso-down' } : progress;
}

/** Null for a visit that needs no code. */
export function toTask({ case: c }: CaseWithRead, context: MappingContext): Task | null {
  const progress = progressOf(c);
  if (progress === null) return null;
  const subject = subjectOf(c, context);
  const why = clean(c.reasonDetail);
  const encounter = { reference: `Encounter/${caseId(c)}` };
  const authoredOn = bangkokIso(c.createdAt);
  return {
    resourceType: 'Task',
    id: caseId(c),
    meta: meta(c.version, c.updatedAt),
    identifier: [{ system: ID.case, value: `${c.hcode}-${c.vn}` }],
    status: progress.status,
    ...(c.reason === null
      ? {}
      : {
          statusReason: {
            ...concept(CODES.reason, c.reason),
            ...(why === null ? {} : { text: maskCitizenIds(why) }),
          },
        }),
    businessStatus: concept(CODES.businessStatus, progress.business, BUSINESS_STATUS[progress.business]),
    intent: 'order',
    code: concept(CODES.task, 'obtain-authen-code', 'ขอ authen code'),
    focus: encounter,
    ...(subject === null ? {} : { for: subject }),
    encounter,
    authoredOn,
    lastModified: bangkokIso(Math.max(c.updatedAt, c.createdAt)),
    owner: { reference: `Organization/${c.hcode}` },
    // the last second that still belongs to the service day
    restriction: { period: { end: bangkokIso(endOfServiceDate(c.serviceDate) - 1000) } },
    ...(c.code === null
      ? {}
      : {
          output: [
            {
              type: concept(CODES.identifierType, 'claimCode'),
              valueIdentifier: claimCodeIdentifier(c.code),
            },
          ],
        }),
  };
}
