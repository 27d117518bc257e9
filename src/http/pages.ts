/** Lists in pages: what a query may say of them, and where the next one is. */

import type { Request, Response } from 'express';
import { z } from 'zod';
import { text } from './schemas/basic.ts';

export const MOST_A_PAGE = 500;
const USUAL = 100;
const LIMIT = `expected a number from 1 to ${MOST_A_PAGE}`;

/** `what` is listed, with a capital letter: "Cases". */
export function limitQuery(what: string) {
  return z
    .string()
    .regex(/^\d{1,4}$/, LIMIT)
    .transform(Number)
    .refine((n) => n >= 1 && n <= MOST_A_PAGE, LIMIT)
    .optional()
    .meta({ description: `${what} a page, 1 to ${MOST_A_PAGE}; ${USUAL} when not given.` });
}

export const afterQuery = text(500)
  .optional()
  .meta({ description: "Opaque; part of the previous page's `next`." });

export function pageOf({ limit = USUAL, after }: { limit?: number | undefined; after?: string | undefined }) {
  return { limit, ...(after === undefined ? {} : { after }) };
}

/** The address of the next page, told in the header Link as well; `path` is the list's own, encoded. */
export function nextPage(
  { req, res }: { req: Request; res: Response },
  publicUrl: string | undefined,
  path: string,
  after: string | null,
): string | null {
  if (after === null) return null;
  const query = new URLSearchParams(req.originalUrl.split('?')[1] ?? '');
  query.set('after', after);
  const next = `${publicUrl?.replace(/\/$/, '') ?? ''}${path}?${query}`;
  res.set('Link', `<${next}>; rel="next"`);
  return next;
}
