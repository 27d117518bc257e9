/** `nhso_token.txt` of UC Authentication 4.x: one line `CID#TOKEN` (reference: NHSO systems, §6). Only a person makes it. */

import { type CitizenId, parseCitizenId } from '../../../src/domain/citizen-id.ts';
import type { TokenSource } from '../../../src/service/ports/tokens.ts';
import { decodeText, linesOf } from './text.ts';
import { TokenFile } from './token-file.ts';
import { unreadable } from './unreadable.ts';

const FORM = 'expected one line: citizen id, "#", and a token of 16 lower-case letters or digits';

export function openUcFile(path: string): TokenSource {
  const file = new TokenFile(path);
  return {
    kind: 'uc',
    name: file.name,
    async read() {
      const content = await file.read();
      const found = content === null ? null : parseUcToken(content.bytes, file.name);
      if (content === null || found === null) return null;
      return { ...found, refresh: null, obtainedAt: content.writtenAt, expiresAt: null };
    },
    watch: (onChange) => file.watch(onChange),
  };
}

/** Null for a file that holds nothing (yet). Throws BridgeError `token-unreadable`, which repeats nothing of the content. */
export function parseUcToken(
  bytes: Uint8Array,
  source: string,
): { value: string; account: CitizenId } | null {
  const text = decodeText(bytes);
  const [line, ...more] = linesOf(text);
  if (line === undefined) {
    if (bytes.includes(0) && text === '') throw halfWritten(source);
    return null;
  }
  if (more.length > 0) throw unreadable(source, `holds more than one line; ${FORM}`, 'no');
  const [, cid, value] = /^(\d{13})#([a-z0-9]{16})$/.exec(line) ?? [];
  if (cid === undefined || value === undefined) {
    if (/^\d{1,13}$|^\d{13}#[a-z0-9]{0,15}$/.test(line)) throw halfWritten(source);
    throw unreadable(source, FORM, 'no');
  }
  const account = parseCitizenId(cid);
  if (account === null) {
    throw unreadable(source, 'the citizen id before "#" is none: its check digit is wrong', 'no');
  }
  return { value, account };
}

function halfWritten(source: string) {
  return unreadable(source, `is cut off, most likely it is just being written; ${FORM}`, 'yes');
}
