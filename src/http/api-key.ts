/**
 * The form of a key: `ab_<id>_<secret>`. The id finds the row, the secret (256 random bits) proves the key; only the
 * secret's SHA-256 is kept. A slow hash would protect nothing more: nobody guesses 256 bits.
 */

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

export interface PresentedKey {
  id: string;
  secret: string;
}

const FORM = /^ab_([0-9a-f]{12})_([A-Za-z0-9_-]{43})$/;

/** A new key. `text` is what its holder sends; it is shown once and kept nowhere. */
export function makeKey(): { id: string; text: string; hash: string } {
  const id = randomBytes(6).toString('hex');
  const secret = randomBytes(32).toString('base64url');
  return { id, text: `ab_${id}_${secret}`, hash: hashSecret(secret) };
}

/** Null when the text has not the form of a key. */
export function parseKey(text: string): PresentedKey | null {
  const [, id, secret] = FORM.exec(text) ?? [];
  return id === undefined || secret === undefined ? null : { id, secret };
}

/** SHA-256, hex. */
function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** Compares in constant time, so that an answer's delay tells nothing of the stored hash. */
export function matchesHash(secret: string, storedHash: string): boolean {
  const stored = Buffer.from(storedHash, 'hex');
  const given = createHash('sha256').update(secret).digest();
  return stored.length === given.length && timingSafeEqual(given, stored);
}
