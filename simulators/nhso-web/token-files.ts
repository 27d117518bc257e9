/**
 * The files that NHSO's programs leave behind when a member of staff logs in: `nhso_token.txt` of UC Authentication 4.x
 * (`CID#TOKEN`) and `token.txt` of the SRM program. They are written in place, so a reader may meet half of one.
 */

import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SrmTokens } from './tokens.ts';

export interface FileManners {
  /** A UTF-8 byte order mark before the text. */
  bom?: boolean | undefined;
  /** Line ends as Windows writes them; without it the UC file has no line end at all. */
  crlf?: boolean | undefined;
  /** Only the first half is written for so many milliseconds; `Infinity`: the rest never comes. */
  halfForMs?: number | undefined;
}

export function writeUcTokenFile(
  path: string,
  account: string,
  token: string,
  manners: FileManners = {},
): Promise<void> {
  return write(path, `${account}#${token}${manners.crlf === true ? '\r\n' : ''}`, manners);
}

export function writeSrmTokenFile(path: string, tokens: SrmTokens, manners: FileManners = {}): Promise<void> {
  const end = manners.crlf === true ? '\r\n' : '\n';
  const lines = [`access-token=${tokens.accessToken}`, `refresh-token=${tokens.refreshToken}`];
  return write(path, lines.map((line) => `${line}${end}`).join(''), manners);
}

async function write(path: string, text: string, { bom, halfForMs = 0 }: FileManners): Promise<void> {
  const bytes = Buffer.from(`${bom === true ? '\uFEFF' : ''}${text}`);
  const half = Math.floor(bytes.length / 2);
  const file = await open(path, 'w');
  try {
    await file.write(bytes.subarray(0, half));
    if (halfForMs === Number.POSITIVE_INFINITY) return;
    if (halfForMs > 0) await sleep(halfForMs);
    await file.write(bytes.subarray(half));
  } finally {
    await file.close();
  }
}
