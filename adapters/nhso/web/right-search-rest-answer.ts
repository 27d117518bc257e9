/**
 * The answer of the SRM portal's right search (reference: NHSO systems, §5; the names of the person's fields are from public
 * programs). `funds` holds the rights; the first is the one that counts: all that is known to read it takes `funds[0]`.
 */

import { z } from 'zod';
import type { NhsoRight } from '../../../src/domain/card-read.ts';
import type { RightFound } from '../../../src/service/ports/right-search.ts';
import type { NhsoCall } from '../calls.ts';
import { badAnswer } from '../faults.ts';
import { anyMoment, anyTextTo, birthDate, hospital, sex } from '../fields.ts';
import { parse } from '../parse.ts';
import { notItsAnswer } from './faults.ts';
import { inscl } from './inscl.ts';
import { namedPerson } from './person.ts';

const word = z.object({ id: anyTextTo(50), name: anyTextTo(200) });

/** `{id, name}`, or the text alone. */
function named(max: number) {
  return z.union([
    z.object({ id: anyTextTo(max), name: anyTextTo(max) }),
    anyTextTo(max).transform((id) => ({ id, name: null })),
  ]);
}

const person = z.object({
  tname: anyTextTo(100),
  titleName: anyTextTo(100),
  fname: anyTextTo(200),
  lname: anyTextTo(200),
  birthDate,
  sex: named(20).transform(({ id, name }) => sex.parse(name) ?? sex.parse(id)),
  nation: named(100),
});

const fund = z
  .object({
    mainInscl: word.nullish(),
    subInscl: word.nullish().catch(null),
    ...{ hospMain: hospital, hospMainOp: hospital, hospSub: hospital },
    paidModel: anyTextTo(50),
    startDateTime: anyMoment,
  })
  .transform(({ mainInscl: main, subInscl: sub, ...rest }): NhsoRight => {
    return {
      mainInscl: inscl(main?.id ?? null, main?.name ?? null),
      subInscl: inscl(sub?.id ?? null, sub?.name ?? null),
      ...rest,
    };
  });

/** Only the list is strict: a person without a right has none, an empty one, or no such key. */
const answer = z.looseObject(
  { funds: z.array(z.unknown(), { error: 'expected an array' }).nullish() },
  { error: 'expected an object' },
);

export function rightOf(call: NhsoCall, json: unknown, askedFor: string): RightFound {
  const found = parse(call, answer, json);
  const about = namedPerson(found);
  if (about !== null && about !== askedFor) throw badAnswer(call, 'pid: expected the person asked for');
  const { tname, titleName, fname, lname, birthDate, sex, nation } = parse(call, person, found);
  if (fname === null) {
    // neither a name nor anything else of its own: another program's answer, never "unknown"
    if (about === null && found.funds === undefined) throw notItsAnswer(call, found, 'fname, pid or funds');
    if ((found.funds ?? []).length > 0) throw badAnswer(call, 'fname: expected a name beside funds');
    return { kind: 'unknown-person' };
  }
  const who = { title: tname ?? titleName, fname, lname, birthDate, sex, nationality: nation.id };
  const right = firstOf(call, found.funds ?? []);
  return right === null ? { kind: 'no-right', person: who } : { kind: 'right', right, person: who };
}

/** The first fund that names a main right; null when there is none. An odd fund hides no other, but is not "no right". */
function firstOf(call: NhsoCall, funds: readonly unknown[]): NhsoRight | null {
  let isOdd = false;
  for (const each of funds) {
    const read = fund.safeParse(each);
    if (read.success && read.data.mainInscl !== null) return read.data;
    isOdd ||= !read.success || !isWithoutMain(each);
  }
  if (isOdd) throw badAnswer(call, 'funds: expected mainInscl with an id');
  return null;
}

/** NHSO leaves a key without a value out, or writes null or an object of nothing. */
function isWithoutMain(fund: unknown): boolean {
  const { mainInscl } = fund as { mainInscl?: { id?: unknown; name?: unknown } | null };
  return mainInscl == null || ((mainInscl.id ?? '') === '' && (mainInscl.name ?? '') === '');
}
