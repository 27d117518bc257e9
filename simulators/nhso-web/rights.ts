/** A person's right as SRM's REST call and UC's SOAP call tell it. */

import { buddhistDate, localDateTime } from '../common/bangkok.ts';
import type { NhsoPerson } from '../nhso-agent/people.ts';
import { RIGHTS } from '../nhso-agent/people.ts';
import { hospital, idAndName } from './authen-status.ts';

const TITLES: Readonly<Record<string, string>> = {
  '001': 'ด.ช.',
  '002': 'ด.ญ.',
  '003': 'นาย',
  '004': 'น.ส.',
  '005': 'นาง',
};

const STARTED = '2017-05-01';

/** `GET /api/ucws/v1/right-search`. Whom NHSO does not know has no name and no funds. */
export function rightSearchAnswer(person: NhsoPerson, hcode: string, now: number): Record<string, unknown> {
  const answer = { checkDate: localDateTime(now), pid: person.pid };
  if (!person.known) return { ...answer, funds: [] };
  const { fname, lname } = person;
  const right = person.right === 'none' ? undefined : RIGHTS[person.right];
  const named = {
    ...answer,
    tname: TITLES[person.titleName] ?? person.titleName,
    ...{ fname, lname, birthDate: buddhistDate(person.birthDate), sex: person.sex, nation: person.nation },
  };
  if (right === undefined) return { ...named, funds: [] };
  return {
    ...named,
    funds: [
      {
        mainInscl: idAndName(right.mainInscl),
        subInscl: idAndName(right.subInscl),
        hospMain: hospital(hcode),
        hospMainOp: hospital(hcode),
        hospSub: hospital(hcode),
        startDateTime: `${STARTED}T00:00:00`,
        cardId: cardNumber(person.pid),
        paidModel: right.paidModel,
      },
    ],
  };
}

/** Fields of `searchCurrentByPID`'s return; one without a value is absent. Dates are Buddhist `yyyymmdd`. */
export function ucFields(person: NhsoPerson, hcode: string): Record<string, string> {
  if (!person.known) return { person_id: person.pid };
  const right = person.right === 'none' ? undefined : RIGHTS[person.right];
  const fields: Record<string, string> = {
    person_id: person.pid,
    title: person.titleName,
    title_name: TITLES[person.titleName] ?? person.titleName,
    fname: person.fname,
    lname: person.lname,
    sex: person.sex === 'ชาย' ? '1' : '2',
    birthdate: buddhistDate(person.birthDate),
    nation: person.nation,
  };
  if (right === undefined) return fields;
  const [main, sub] = [idAndName(right.mainInscl), idAndName(right.subInscl)];
  const { hname } = hospital(hcode);
  return {
    ...fields,
    ...{ maininscl: main.id, maininscl_name: main.name, subinscl: sub.id, subinscl_name: sub.name },
    ...{ hmain: hcode, hmain_name: hname, hmain_op: hcode, hmain_op_name: hname },
    ...{ hsub: hcode, hsub_name: hname },
    ...{ cardid: cardNumber(person.pid), startdate: buddhistDate(STARTED), expdate: 'NoExp' },
    paid_model: right.paidModel,
  };
}

/** Invented; never a run of thirteen digits. */
function cardNumber(pid: string): string {
  return `C${pid.slice(-8)}`;
}
