/** What every call of the port must end in, whatever the agent says: a value of the port's shape or a BridgeError, soon. */

import { expect } from 'vitest';
import { z } from 'zod';
import { isBridgeError } from '../../../src/domain/bridge-error.ts';
import type { NhsoAgent } from '../../../src/service/ports/nhso-agent.ts';
import { everythingOf, PID, TIMEOUTS } from './given.ts';

// the port's types once more, written by hand: what the rest of the bridge may rely on
const text = z.string().min(1).nullable();
const instant = z.int().nullable();
const hospital = z.strictObject({ hcode: z.string().min(1), hname: text }).nullable();
const card = z.strictObject({
  pid: z.string().regex(/^\d{13}$/),
  ...{ titleName: text, fname: text, lname: text, nation: text },
  birthDate: z
    .string()
    .regex(/^\d{4}(-\d{2}(-\d{2})?)?$/)
    .nullable(),
  sex: z.enum(['male', 'female']).nullable(),
});
const right = z.strictObject({
  ...{ mainInscl: text, subInscl: text, paidModel: text },
  ...{ hospMain: hospital, hospMainOp: hospital, hospSub: hospital },
  startDateTime: instant,
});
const read = z.strictObject({
  ...card.shape,
  correlationId: text,
  claimTypes: z.array(z.strictObject({ claimType: z.string().min(1), claimTypeName: text })),
  right: right.nullable(),
  checkDate: instant,
});
const code = z.strictObject({
  claimCode: z.string().min(1),
  // no person: one that cannot be read, so nobody's
  ...{ claimType: text, hcode: text, pid: z.string() },
  issuedAt: instant,
});
const shapes: Readonly<Record<string, z.ZodType>> = {
  terminals: z.array(z.strictObject({ terminalName: z.string(), isPresent: z.boolean() })),
  read,
  probe: read,
  readCardOnly: card,
  saveAsDraft: z.strictObject({ pid: text, claimType: text, createdAt: instant }),
  confirmSave: z.strictObject({
    ...{ pid: text, claimType: text, correlationId: text, claimCode: text },
    createdAt: instant,
  }),
  latestAuthenCode: code.nullable(),
  latestFiveAllHospitals: z.array(code),
};

export async function judge(
  name: string,
  call: (agent: NhsoAgent) => Promise<unknown>,
  agent: NhsoAgent,
): Promise<'value' | 'fault'> {
  const started = performance.now();
  const outcome = await call(agent).then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  // two calls' time at most (a read may ask the terminals), and patience for a slow machine
  expect(performance.now() - started).toBeLessThan(2 * TIMEOUTS.readMs + 5_000);
  if ('value' in outcome) {
    expect(shapes[name]?.safeParse(outcome.value).error).toBeUndefined();
    return 'value';
  }
  expect(isBridgeError(outcome.error), everythingOf(outcome.error)).toBe(true);
  expect(everythingOf(outcome.error)).not.toContain(PID);
  return 'fault';
}
