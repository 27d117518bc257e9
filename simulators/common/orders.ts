/** Control calls over HTTP: bodies are checked, a wrong one is refused by the name of its field. */

import type { Request } from 'express';
import { z } from 'zod';
import { BREAKAGES } from './breakage.ts';
import { SpringFault } from './spring.ts';

export const breakage = z.enum(BREAKAGES);
export const count = z.number().int().min(1).max(1_000_000);
export const delayMs = z.number().min(0).max(600_000);
export const pid = z.string().regex(/^\d{13}$/, 'expected 13 digits');
export const status = z.number().int().min(400).max(599);
export const seconds = z.number().min(0).max(3600);

export function parse<T>(schema: z.ZodType<T>, req: Pick<Request, 'body'>): T {
  const result = schema.safeParse(req.body);
  if (result.success) return result.data;
  throw new SpringFault(400, z.prettifyError(result.error));
}

/** Leaves out keys whose value is undefined, which optional properties do not permit. */
export function defined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
