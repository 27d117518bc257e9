/** The agent's answers as the port's types (reference: NHSO systems, §1.1–1.3). */

import { z } from 'zod';
import type { IssuedCode } from '../../src/domain/authen-code.ts';
import type {
  AgentCard,
  AgentRead,
  ConfirmReceipt,
  DraftReceipt,
  Terminal,
} from '../../src/service/ports/nhso-agent.ts';
import type { AgentCall } from './calls.ts';
import {
  anyDateTime,
  anyText,
  anyTextTo,
  birthDate,
  digits,
  flag,
  hospital,
  pid,
  sex,
  text,
  textTo,
} from './fields.ts';
import { parse } from './parse.ts';

const terminals = z.array(
  z
    // Jackson names a boolean `isPresent` either way
    .object({ terminalName: anyText, isPresent: flag, present: flag })
    .transform(
      (t): Terminal => ({ terminalName: t.terminalName ?? '', isPresent: t.isPresent ?? t.present ?? false }),
    ),
);

const cardFields = {
  pid,
  titleName: digits(3).catch(null),
  fname: anyTextTo(200),
  lname: anyTextTo(200),
  birthDate,
  sex,
  nation: digits(3).catch(null),
};

const card = z.object(cardFields);

/** NHSO knows some thirty claim types; the bridge takes a read with no more than this, each of at most 20 letters. */
const MOST_OFFERS = 100;

const read = z
  .object({
    ...cardFields,
    correlationId: textTo(100),
    claimTypes: z
      .array(z.object({ claimType: text, claimTypeName: anyText }))
      .nullish()
      .transform((offers) =>
        (offers ?? [])
          .slice(0, MOST_OFFERS)
          .flatMap(({ claimType, claimTypeName }) =>
            claimType === null || claimType.length > 20 ? [] : [{ claimType, claimTypeName }],
          ),
      ),
    mainInscl: anyTextTo(300),
    mainInsc1: anyTextTo(300),
    subInscl: anyTextTo(300),
    subInsc1: anyTextTo(300),
    hospMain: hospital,
    hospMainOp: hospital,
    hospSub: hospital,
    paidModel: anyTextTo(50),
    startDateTime: anyDateTime,
    checkDate: anyDateTime,
  })
  .transform((r): AgentRead => {
    const { pid, titleName, fname, lname, birthDate, sex, nation } = r;
    const { correlationId, claimTypes, checkDate } = r;
    const { hospMain, hospMainOp, hospSub, paidModel, startDateTime } = r;
    const mainInscl = r.mainInscl ?? r.mainInsc1;
    const subInscl = r.subInscl ?? r.subInsc1;
    const right = { mainInscl, subInscl, hospMain, hospMainOp, hospSub, paidModel, startDateTime };
    return {
      ...{ pid, titleName, fname, lname, birthDate, sex, nation },
      ...{ correlationId, claimTypes, checkDate },
      right: Object.values(right).every((v) => v === null) ? null : right,
    };
  });

/** What the confirm sends is known without it, so JSON that is no object (or no body at all) costs nothing. */
const draft = z
  .object({ pid: digits(13).catch(null), claimType: anyText, createdDate: anyDateTime })
  .catch({ pid: null, claimType: null, createdDate: null })
  .transform((d): DraftReceipt => ({ pid: d.pid, claimType: d.claimType, createdAt: d.createdDate }));

/** Only the code is strict: an odd date beside it must not lose it. */
const confirm = z
  .object({
    pid: digits(13).catch(null),
    claimType: anyText,
    correlationId: anyText,
    createdDate: anyDateTime,
    claimCode: text,
  })
  .transform(({ createdDate, ...rest }): ConfirmReceipt => ({ ...rest, createdAt: createdDate }));

/**
 * Lenient but for the code: what cannot be read is not stated, and so does not agree with any visit; one odd element
 * must not hide the others. A person that cannot be read is nobody's, not the one asked for.
 */
const issuedCode = z.object({
  claimCode: z.string(),
  claimType: anyText,
  hcode: digits(5).catch(null),
  claimDateTime: anyDateTime,
  createdDate: anyDateTime,
  pid: digits(13).catch(''),
});

/** No object, so no code either. An object whose code cannot be read is another matter: that code must not be overlooked. */
const nothing = z.union([z.null(), z.string(), z.number(), z.boolean()]).transform(() => null);

/** One object or an array of them. */
const elements = z.union(
  [z.array(z.union([z.looseObject({ claimCode: text }), nothing])), z.looseObject({ claimCode: text })],
  {
    error: 'expected an object or an array of objects, each with a claimCode or without',
  },
);

export function terminalsOf(call: AgentCall, json: unknown): Terminal[] {
  return parse(call, terminals, json);
}

export function readOf(call: AgentCall, json: unknown): AgentRead {
  return parse(call, read, json);
}

export function cardOf(call: AgentCall, json: unknown): AgentCard {
  return parse(call, card, json);
}

export function draftOf(call: AgentCall, json: unknown): DraftReceipt {
  return parse(call, draft, json);
}

export function confirmOf(call: AgentCall, json: unknown): ConfirmReceipt {
  return parse(call, confirm, json);
}

/** `askedFor`: the person of the look-up, whom the answer itself does not name. */
export function codesOf(call: AgentCall, json: unknown, askedFor: string): IssuedCode[] {
  const found = parse(call, elements, json);
  return (Array.isArray(found) ? found : [found]).flatMap((element) => {
    // an element without a code says "none", whatever else it holds
    if (element === null || element.claimCode === null) return [];
    const { claimCode, claimType, hcode, claimDateTime, createdDate, pid } = parse(call, issuedCode, element);
    return [{ claimCode, claimType, hcode, issuedAt: claimDateTime ?? createdDate, pid: pid ?? askedFor }];
  });
}
