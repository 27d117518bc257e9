/**
 * A visit as `doctor` shows it to whoever sits before the screen: enough to see that each column is the right one, too little to
 * tell who it is. Of the person: the end of the hn, the masked citizen id, first letters, the year of birth.
 */

import { bangkokIso } from '../../../src/domain/bangkok.ts';
import { maskCitizenId } from '../../../src/domain/citizen-id.ts';
import { chooseMobile, maskMobile } from '../../../src/domain/phone.ts';
import type { Visit } from '../../../src/domain/visit.ts';

export function shownSample(visit: Visit): string {
  const { person, right, department } = visit;
  return [
    `vn ${visit.vn}`,
    bangkokIso(visit.startedAt).slice(0, 16).replace('T', ' '),
    `hn ${visit.hn === null ? '–' : `…${visit.hn.slice(-3)}`}`,
    `citizen id ${shownPid(visit.pid)}`,
    [person.title, initial(person.fname), initial(person.lname)].filter((part) => part !== null).join(' '),
    `born ${person.birthDate?.slice(0, 4) ?? '–'}`,
    person.sex ?? 'sex –',
    `nationality ${person.nationality ?? '–'}`,
    `phone ${shownPhone(visit.phones)}`,
    `right ${right === null ? '–' : [right.code, right.name, right.scheme].filter((part) => part !== null).join(' ')}`,
    `department ${department === null ? '–' : `${department.code} ${department.name ?? ''}`.trim()}`,
    visit.kind,
    ...(visit.cancelled ? ['cancelled'] : []),
    `code ${visit.code ?? '–'}`,
  ].join(' · ');
}

function shownPid(pid: string | null): string {
  if (pid === null) return '–';
  const digits = pid.replace(/[\s-]/g, '');
  return /^\d{13}$/.test(digits) ? maskCitizenId(digits) : `${pid.length} characters, not 13 digits`;
}

/** The first letter; a Thai vowel that is written in front of its consonant is one. */
function initial(name: string | null): string | null {
  return name === null ? null : `${[...name][0]}…`;
}

function shownPhone(phones: readonly string[]): string {
  if (phones.length === 0) return '–';
  const mobile = chooseMobile(phones);
  return mobile === null ? 'no mobile among them' : maskMobile(mobile);
}
