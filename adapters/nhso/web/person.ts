/** Whom an answer is about, and what it tells of them. */

import { digits } from '../fields.ts';

/** The web services have not agreed on one name for it. */
const NAMES = ['personalId', 'pid', 'personId', 'person_id', 'cid'] as const;

const citizenId = digits(13).catch('');

/** The person that an answer names; null when it names none, '' when it cannot be read or two are named: nobody then. */
export function namedPerson(answer: object): string | null {
  const own = answer as Readonly<Record<string, unknown>>;
  const named = NAMES.flatMap((name) => (Object.hasOwn(own, name) ? [citizenId.parse(own[name])] : []));
  const found = new Set(named.filter((v) => v !== null).map(bare));
  const [only = null] = found;
  return found.size > 1 ? '' : only;
}

function bare(pid: string): string {
  const digitsAlone = pid.replace(/[ -]/g, '');
  return /^\d{13}$/.test(digitsAlone) ? digitsAlone : '';
}
