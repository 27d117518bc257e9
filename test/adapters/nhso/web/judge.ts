/** What every call of the web services must end in, whatever they answer: a value of the port's shape or one of its errors, soon. */

import { expect } from 'vitest';
import { z } from 'zod';
import { openAuthenStatus } from '../../../../adapters/nhso/web/authen-status.ts';
import { openRightSearchRest } from '../../../../adapters/nhso/web/right-search-rest.ts';
import { openRightSearchSoap } from '../../../../adapters/nhso/web/right-search-soap.ts';
import { parseServiceDate, type ServiceDate } from '../../../../src/domain/bangkok.ts';
import { isBridgeError } from '../../../../src/domain/bridge-error.ts';
import { everythingOf } from '../given.ts';
import { ACCOUNT, JWT, PID, SERVICE_DATE, TIMEOUT_MS, UC_TOKEN, UUID } from './given.ts';

// the ports' types once more, written by hand: what the rest of the bridge may rely on
const text = z.string().min(1).nullable();
const instant = z.int().nullable();
const hospital = z.strictObject({ hcode: z.string().min(1), hname: text }).nullable();
const codes = z.array(
  z.strictObject({
    claimCode: z.string().min(1),
    ...{ claimType: text, hcode: text, channel: text },
    // '': nobody's
    pid: z.string().regex(/^(\d{13})?$/),
    issuedAt: instant,
  }),
);
const person = z.strictObject({
  ...{ title: text, fname: z.string().min(1), lname: text, nationality: text },
  birthDate: z
    .string()
    .regex(/^\d{4}(-\d{2}(-\d{2})?)?$/)
    .nullable(),
  sex: z.enum(['male', 'female']).nullable(),
});
const right = z.strictObject({
  // a right names a main right, or it is none
  mainInscl: z
    .string()
    .regex(/^\(.+\)/s)
    .max(300),
  ...{ subInscl: text, paidModel: text },
  ...{ hospMain: hospital, hospMainOp: hospital, hospSub: hospital },
  startDateTime: instant,
});
const found = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('right'), right, person }),
  z.strictObject({ kind: z.literal('no-right'), person }),
  z.strictObject({ kind: z.literal('unknown-person') }),
]);

export type Service = 'authen-status' | 'srm' | 'ucws';

/** A call of one service at an address, and how to let go of it. */
export function openCall(service: Service, url: string, timeoutMs = TIMEOUT_MS) {
  const date = parseServiceDate(SERVICE_DATE) as ServiceDate;
  if (service === 'authen-status') {
    const status = openAuthenStatus({ url, timeoutMs });
    return { service, call: () => status.codesOn(PID, date, UUID), close: () => status.close() };
  }
  const rights =
    service === 'srm' ? openRightSearchRest({ url, timeoutMs }) : openRightSearchSoap({ url, timeoutMs });
  const token = service === 'srm' ? { value: JWT, account: null } : { value: UC_TOKEN, account: ACCOUNT };
  return { service, call: () => rights.search(PID, token), close: () => rights.close() };
}

const DOCUMENTED = ['token-refused', 'nhso-refused', 'nhso-unavailable', 'agent-bad-answer'] as const;
const RETRY = { 'token-refused': 'no', 'nhso-refused': 'no' } as Readonly<Record<string, string>>;

/** What no answer may reach: what all objects, functions and lists inherit. */
const inherited = () =>
  [Object.prototype, Function.prototype, Array.prototype, String.prototype, Object].map((o) =>
    Reflect.ownKeys(o),
  );
const clean = inherited();

export async function judge(
  { service, call }: Pick<ReturnType<typeof openCall>, 'service' | 'call'>,
  timeoutMs = TIMEOUT_MS,
): Promise<'value' | 'fault'> {
  const begun = performance.now();
  const outcome = await call().then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  // the SOAP call may make its client first; and patience for a slow machine
  expect(performance.now() - begun).toBeLessThan(2 * timeoutMs + 10_000);
  expect(inherited()).toEqual(clean);
  if ('value' in outcome) {
    const shape = service === 'authen-status' ? codes : found;
    expect(shape.safeParse(outcome.value).error?.issues).toBeUndefined();
    return 'value';
  }
  const { error } = outcome;
  const everything = everythingOf(error);
  for (const secret of [PID, ACCOUNT, UUID, JWT, UC_TOKEN]) expect(everything).not.toContain(secret);
  if (!isBridgeError(error, ...DOCUMENTED)) throw new Error(`no error of the port's: ${everything}`);
  expect(error.retry).toBe(RETRY[error.code] ?? 'yes');
  return 'fault';
}
