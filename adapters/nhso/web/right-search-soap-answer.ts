/** The answer of `searchCurrentByPID` (reference: NHSO systems, §5): strings, every one of them optional, dates Buddhist. */

import { z } from 'zod';
import { BridgeError } from '../../../src/domain/bridge-error.ts';
import type { HospitalRef } from '../../../src/domain/card-read.ts';
import type { RightFound } from '../../../src/service/ports/right-search.ts';
import { shownWords } from '../body.ts';
import type { NhsoCall } from '../calls.ts';
import { badAnswer } from '../faults.ts';
import { anyMoment, anyText, anyTextTo, birthDate, digits, sex, text, textTo } from '../fields.ts';
import { parse } from '../parse.ts';
import { inscl } from './inscl.ts';
import { namedPerson } from './person.ts';

const OK = 'NHSO-000001';
/** "Expired or replaced"; the zeros differ from those of {@link OK}, so their number counts for nothing. */
const TOKEN_REFUSED = /^NHSO-0*3$/;

/** An element with attributes comes as an object that holds the text. */
const plain = z
  .record(z.string(), z.unknown(), { error: 'expected the element return' })
  .transform((fields) =>
    Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [
        name,
        typeof value === 'object' && value !== null && Object.hasOwn(value, '$value')
          ? (value as { $value: unknown }).$value
          : value,
      ]),
    ),
  );

const answer = z.object({ return: plain }, { error: 'expected an answer of the service' });

/** What decides is strict: read wrongly it would be another person's right, or none where there is one. */
const deciding = z.object({
  ws_status: text,
  ws_status_desc: anyText,
  fname: textTo(200),
  maininscl: textTo(50),
});

const right = z.object({
  ...{ title_name: anyTextTo(100), lname: anyTextTo(200), sex, birthdate: birthDate, nation: anyTextTo(100) },
  ...{ maininscl_name: anyTextTo(200), subinscl: anyTextTo(50), subinscl_name: anyTextTo(200) },
  ...{ hmain: digits(5).catch(null), hmain_name: anyTextTo(200) },
  ...{ hmain_op: digits(5).catch(null), hmain_op_name: anyTextTo(200) },
  ...{ hsub: digits(5).catch(null), hsub_name: anyTextTo(200) },
  ...{ paid_model: anyTextTo(50), startdate: anyMoment },
});

/** `secrets`: what the request held, for NHSO's own words. Throws BridgeError as the port says. */
export function rightOf(
  call: NhsoCall,
  result: unknown,
  askedFor: string,
  secrets: readonly string[],
): RightFound {
  const fields = parse(call, answer, result).return;
  const { ws_status: status, ws_status_desc, fname, maininscl } = parse(call, deciding, fields);
  if (status === null) throw badAnswer(call, 'ws_status: expected a status');
  if (status !== OK) throw refused(call, status, ws_status_desc, secrets);
  const about = namedPerson(fields);
  if (about !== null && about !== askedFor) throw badAnswer(call, 'person_id: expected the person asked for');
  if (fname === null) return { kind: 'unknown-person' };
  const r = parse(call, right, fields);
  const person = {
    ...{ title: r.title_name, fname, lname: r.lname, birthDate: r.birthdate },
    ...{ sex: r.sex, nationality: r.nation },
  };
  const mainInscl = inscl(maininscl, r.maininscl_name);
  if (mainInscl === null) return { kind: 'no-right', person };
  return {
    kind: 'right',
    person,
    right: {
      mainInscl,
      subInscl: inscl(r.subinscl, r.subinscl_name),
      hospMain: hospitalOf(r.hmain, r.hmain_name),
      hospMainOp: hospitalOf(r.hmain_op, r.hmain_op_name),
      hospSub: hospitalOf(r.hsub, r.hsub_name),
      paidModel: r.paid_model,
      startDateTime: r.startdate,
    },
  };
}

function refused(
  call: NhsoCall,
  status: string,
  words: string | null,
  secrets: readonly string[],
): BridgeError {
  const wsStatus = shownWords(status, secrets);
  const said = shownWords(words ?? '', secrets);
  const detail = { call: call.name, wsStatus, nhsoMessage: said };
  const why = `(${wsStatus})${said === null ? '' : `: ${said}`}`;
  return TOKEN_REFUSED.test(status)
    ? new BridgeError('token-refused', `NHSO refused the token for ${call.name} ${why}`, {
        retry: 'no',
        detail,
      })
    : new BridgeError('nhso-refused', `NHSO refused ${call.name} ${why}`, { retry: 'no', detail });
}

function hospitalOf(hcode: string | null, hname: string | null): HospitalRef | null {
  return hcode === null ? null : { hcode, hname };
}
