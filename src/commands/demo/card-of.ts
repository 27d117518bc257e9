/** The card that an invented patient carries: NHSO and the HIS know the same person, as they do of real ones. */

import type { SamplePerson } from '../../../simulators/his/hosxp/sample-people.ts';
import type { PersonInput } from '../../../simulators/nhso-agent/people.ts';

/** The registry's codes of titles. */
const TITLES: Readonly<Record<string, string>> = {
  'ด.ช.': '001',
  'ด.ญ.': '002',
  นาย: '003',
  นางสาว: '004',
  นาง: '005',
};

/** By HOSxP's code of the right, as `simulators/his/hosxp/schema.ts` has them; whoever pays alone has none at NHSO. */
const RIGHTS: Readonly<Record<string, PersonInput['right']>> = {
  '20': 'OFC',
  '21': 'LGO',
  '30': 'SSS',
  '71': 'UCS',
  '75': 'UCS',
  '89': 'UCS',
};

/** Null for somebody without a citizen id, who has no Thai card to show. */
export function cardOf(person: SamplePerson): PersonInput | null {
  const pid = (person.cid ?? '').replaceAll('-', '');
  if (!/^[1-9]\d{12}$/.test(pid)) return null;
  const { pname, fname, lname, birthday, sex, nationality, pttype } = person;
  const title = TITLES[pname];
  return {
    ...{ pid, fname, lname },
    sex: sex === '1' ? 'ชาย' : 'หญิง',
    nation: nationality.padStart(3, '0'),
    right: RIGHTS[pttype] ?? 'none',
    ...(title === undefined ? {} : { titleName: title }),
    ...(birthday.startsWith('0000') ? {} : { birthDate: birthday }),
  };
}
