/** Tokens as NHSO's programs make them, of nobody. */

import { sampleCitizenId } from '../../../support/samples.ts';

export const CID = sampleCitizenId(4);
export const UC_TOKEN = 'k3x9q2a7b5c1d8e4';

/** A JWT that nobody signed: the bridge reads what it says of itself and leaves the rest to NHSO. */
export function jwt(claims: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}.c2lnbmF0dXJlLW9mLW5vYm9keQ`;
}

export const REFRESH = 'r9f2k8w1z0c4n6m3b7v5h2t8';

/** As Notepad may save it. */
export const ENCODINGS: Readonly<Record<string, (text: string) => Buffer>> = {
  'UTF-8': (text) => Buffer.from(text),
  'UTF-8 with BOM': (text) => Buffer.from(`\uFEFF${text}`),
  'UTF-16 LE with BOM': (text) => Buffer.from(`\uFEFF${text}`, 'utf16le'),
  'UTF-16 BE with BOM': (text) => Buffer.from(`\uFEFF${text}`, 'utf16le').swap16(),
};

/** Whether six letters or digits of the content in a row, a digit among them, stand in the message. */
export function leaks(message: string, content: string): boolean {
  for (let i = 0; i + 6 <= content.length; i++) {
    const piece = content.slice(i, i + 6);
    if (/^[a-z0-9]{6}$/i.test(piece) && /\d/.test(piece) && message.includes(piece)) return true;
  }
  return false;
}
