/**
 * The answer of check-authen-status as codes (reference: NHSO systems, §4). Two forms are known: `serviceHistories` with
 * hospital and service as objects, and an older flat one; a mixture of them is read too. Codes of other hospitals and other
 * days stand among them, also where `statusAuthen` is false: that word is about the day, and decides nothing here.
 */

import { z } from 'zod';
import type { ReportedCode } from '../../../src/service/ports/authen-status.ts';
import type { NhsoCall } from '../calls.ts';
import { badAnswer } from '../faults.ts';
import { anyMoment, anyText, anyTextTo, digits, flag, text } from '../fields.ts';
import { parse } from '../parse.ts';
import { notItsAnswer } from './faults.ts';
import { namedPerson } from './person.ts';

/** What a code is shown with. Lenient: what cannot be read is not stated, and so agrees with no visit. */
const shown = z.object({
  hospital: z
    .object({ hcode: digits(5).catch(null) })
    .nullish()
    .catch(null),
  hcode: digits(5).catch(null),
  service: z.object({ code: anyText }).nullish().catch(null),
  serviceCode: anyText,
  serviceDateTime: anyMoment,
  serviceDate: anyMoment,
  sourceChannel: anyTextTo(100),
});

/** Told apart: no code, a code, and a code that cannot be read. */
const claimCode = z.union([z.object({ claimCode: text }), z.looseObject({}).transform(() => null)]);

const object = z.looseObject({}, { error: 'expected an object' });

export function codesOf(call: NhsoCall, json: unknown, askedFor: string): ReportedCode[] {
  const answer = parse(call, object, json);
  const { serviceHistories } = answer;
  const elements = Array.isArray(serviceHistories) ? serviceHistories : [serviceHistories];
  const isIt = Array.isArray(serviceHistories) || isObject(serviceHistories) || 'claimCode' in answer;
  // without any of its words it is another program's: never a day without codes
  if (!isIt && (flag.safeParse(answer.statusAuthen).data ?? null) === null) {
    throw notItsAnswer(call, answer, 'statusAuthen, serviceHistories or claimCode');
  }
  const ofAll = namedPerson(answer);
  const codes: ReportedCode[] = [];
  let isHidden = false;
  for (const element of [answer, ...elements]) {
    if (!isObject(element)) continue;
    const found = claimCode.parse(element);
    if (found === null) isHidden = true;
    if (found === null || found.claimCode === null) continue;
    // where the answer and the element name two persons, it is nobody's
    const own = namedPerson(element) ?? ofAll;
    const pid = own !== null && ofAll !== null && own !== ofAll ? '' : own;
    codes.push({ ...codeOf(element), claimCode: found.claimCode, pid: pid ?? askedFor });
  }
  // one odd element hides no other, but a code that was shown must not pass for "none"
  if (isHidden && codes.length === 0) throw badAnswer(call, 'claimCode: expected text');
  return codes;
}

function codeOf(element: object): Omit<ReportedCode, 'claimCode' | 'pid'> {
  const { hospital, hcode, service, serviceCode, serviceDateTime, serviceDate, sourceChannel } =
    shown.parse(element);
  return {
    claimType: service?.code ?? serviceCode,
    hcode: hospital?.hcode ?? hcode,
    issuedAt: serviceDateTime ?? serviceDate,
    channel: sourceChannel,
  };
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
