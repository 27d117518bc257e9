/** Addresses of databases and queues in the configuration. */

import type { z } from 'zod';

const PERCENT =
  'in user and password write "@" as %40, "/" as %2F, "#" as %23, "?" as %3F, ":" as %3A and "%" as %25';

/** An address that every driver reads in the same way. What stands there is never repeated: it may hold a password. */
export function checkAddress(url: string, expected: string, ctx: z.RefinementCtx<string>): void {
  if (!isReadable(url)) {
    ctx.addIssue({
      code: 'custom',
      message: `an address that cannot be read: expected ${expected}; ${PERCENT}`,
    });
  }
}

/** As `checkAddress`, and it names a database. */
export function checkDatabase(url: string, expected: string, ctx: z.RefinementCtx<string>): void {
  checkAddress(url, expected, ctx);
  if (URL.canParse(url) && /^\/?$/.test(new URL(url).pathname)) {
    ctx.addIssue({ code: 'custom', message: `names no database: expected ${expected}` });
  }
}

function isReadable(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { username, password, hash } = new URL(url);
  return hash === '' && [username, password].every(isDecodable);
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
