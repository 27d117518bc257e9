/** The registration desk of a HIS that exports what has changed: each change is a file with the rows that it touched. */

import type { Desk, DeskPerson, DeskVisit } from '../desk.ts';
import { CsvDesk, type FileVisit, type Style } from './desk.ts';

const RIGHTS = ['U1', 'S7'] as const;
const RIGHT_OF: Readonly<Record<string, { name: string; scheme: string }>> = {
  U1: { name: 'บัตรประกันสุขภาพถ้วนหน้า', scheme: 'UCS' },
  S7: { name: 'ประกันสังคม', scheme: 'SSS' },
};

interface Registered extends DeskVisit {
  vn: string;
  status?: string;
  staff?: string;
  date?: string;
  time?: string;
}

export function csvDesk(folder: string, style?: Style): Desk {
  const files = new CsvDesk(folder);
  const people = new Map<string, DeskPerson>();
  const visits = new Map<string, Registered>();
  let registered = 0;
  const ofVisit = (vn: string): Registered => {
    const found = visits.get(vn);
    if (found === undefined) throw new Error(`no visit ${vn}`);
    return found;
  };
  const send = async (some: readonly Registered[]): Promise<void> => {
    const rows = some.map((visit) => rowOf(visit, people.get(visit.hn)));
    await files.drop(rows, style === undefined ? {} : { style });
  };
  const change = async (vn: string, what: Partial<Registered>): Promise<void> => {
    visits.set(vn, { ...ofVisit(vn), ...what });
    await send([ofVisit(vn)]);
  };
  const desk: Desk = {
    rights: RIGHTS,
    addPeople: async (some) => {
      for (const person of some) people.set(person.hn, person);
    },
    register: async (visit) => (await desk.registerAll([visit]))[0] ?? '',
    registerAll: async (some) => {
      const made = some.map((visit, i) => ({
        ...visit,
        vn: `V${String(registered + i + 1).padStart(8, '0')}`,
      }));
      registered += made.length;
      for (const visit of made) visits.set(visit.vn, visit);
      await send(made);
      return made.map((visit) => visit.vn);
    },
    remove: async (vn) => {
      await change(vn, { status: 'deleted' });
      visits.delete(vn);
    },
    cancel: (vn) => change(vn, { status: 'cancelled' }),
    edit: async (hn, field, value) => {
      const person = people.get(hn);
      if (person !== undefined) people.set(hn, { ...person, [field]: value });
      await send([...visits.values()].filter((visit) => visit.hn === hn));
    },
    changeRight: (vn, right) => change(vn, { right }),
    moveTo: async (vn, date) => {
      const { at } = ofVisit(vn);
      const time = new Date(at + 7 * 3_600_000).toISOString().slice(11, 19);
      await change(vn, { at: Date.parse(`${date}T${time}+07:00`) });
    },
    spoilDate: async (vn, how) => {
      const [year = '', month = '', day = ''] = new Date(ofVisit(vn).at + 7 * 3_600_000)
        .toISOString()
        .slice(0, 10)
        .split('-');
      if (how === 'timeless') await change(vn, { time: '' });
      else await change(vn, { date: how === 'none' ? '' : `${day}/${month}/${Number(year) + 543}` });
    },
    typeCode: async (vn, code) => {
      const { code: _before, ...visit } = ofVisit(vn);
      visits.set(vn, code === null ? visit : { ...visit, code });
      await send([ofVisit(vn)]);
    },
    // what a clerk typed, else what the import finds
    codeOf: async (vn) => {
      const { code, at } = ofVisit(vn);
      const date = new Date(at + 7 * 3_600_000).toISOString().slice(0, 10);
      return code ?? (await files.codes(date)).get(vn)?.[2] ?? null;
    },
    touch: (vn) => change(vn, { staff: 'clerk2' }),
  };
  return desk;
}

function rowOf(visit: Registered, person: DeskPerson | undefined): FileVisit {
  const { vn, at, hn, right = RIGHTS[0], code = '', inpatient, status = '', staff = '', date, time } = visit;
  return {
    ...{ vn, at, hn, right, code, status, staff },
    ...(date === undefined ? {} : { date }),
    ...(time === undefined ? {} : { time }),
    ...(inpatient === true ? { an: `A${vn}` } : {}),
    ...{ rightName: RIGHT_OF[right]?.name ?? '', scheme: RIGHT_OF[right]?.scheme ?? '' },
    ...(person === undefined
      ? {}
      : {
          ...{ pid: person.cid ?? '', title: person.title, fname: person.fname, lname: person.lname },
          ...{
            birth: person.birthDate,
            sex: person.sex === 'male' ? '1' : '2',
            nationality: person.nationality,
          },
          ...{ mobile: person.mobile ?? '', phone: person.otherPhone ?? '' },
        }),
  };
}
