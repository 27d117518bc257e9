/** JSON to a value of the port's, or to an error that names the field and quotes nothing. */

import type { z } from 'zod';
import type { NhsoCall } from './calls.ts';
import { badAnswer } from './faults.ts';

/** Throws BridgeError `agent-bad-answer`. */
export function parse<T>(call: NhsoCall, schema: z.ZodType<T>, json: unknown): T {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  // field names and expectations only; the value may be a citizen id
  throw badAnswer(call, `${issue?.path.join('.') || '(top)'}: ${issue?.message ?? 'not as expected'}`);
}
