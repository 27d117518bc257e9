/**
 * Sealed texts and bytes: AES-256-GCM, `v1:<key id>:<base64url of nonce, cipher text and tag>`. What a text is for is part of the seal:
 * moved to another row or column it does not open.
 */

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Keyring, SecretKey } from './keyring.ts';
import { secretsTrouble } from './trouble.ts';

/** Where a sealed text belongs. */
export interface Place {
  table: string;
  hcode: string;
  kind: string;
  field: string;
}

const CIPHER = 'aes-256-gcm';
const VERSION = 'v1';
/** Random ones of 96 bits do not meet before some four thousand million texts under one key. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const SEALED = /^v1:([A-Za-z0-9._-]{1,40}):([A-Za-z0-9_-]+)$/;

export function seal(text: string, key: SecretKey, place: Place): string {
  return sealBytes(Buffer.from(text, 'utf8'), key, place);
}

export function sealBytes(bytes: Uint8Array, key: SecretKey, place: Place): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key.secret, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(boundTo(key.id, place));
  const sealed = Buffer.concat([nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
  return `${VERSION}:${key.id}:${sealed.toString('base64url')}`;
}

/** The key that a text was sealed under. Throws BridgeError `config` when it is no sealed text of this version. */
export function keyIdOf(sealed: string, place: Place): string {
  const [, id] = SEALED.exec(sealed) ?? [];
  if (id === undefined) throw changed(place);
  return id;
}

/** Null when the ring has not its key. Throws BridgeError `config` for what was changed, or sealed for another place. */
export function unseal(sealed: string, ring: Keyring, place: Place): string | null {
  return unsealBytes(sealed, ring, place)?.toString('utf8') ?? null;
}

/** As {@link unseal}. */
export function unsealBytes(sealed: string, ring: Keyring, place: Place): Buffer | null {
  const key = ring.find(keyIdOf(sealed, place));
  if (key === undefined) return null;
  const bytes = Buffer.from(SEALED.exec(sealed)?.[2] ?? '', 'base64url');
  if (bytes.length < NONCE_BYTES + TAG_BYTES) throw changed(place);
  const cipher = createDecipheriv(CIPHER, key.secret, bytes.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  cipher.setAAD(boundTo(key.id, place));
  cipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    const plain = cipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES));
    return Buffer.concat([plain, cipher.final()]);
  } catch {
    // OpenSSL has no more to say than that the tag does not fit
    throw changed(place, key.id);
  }
}

function boundTo(keyId: string, { table, hcode, kind, field }: Place): Buffer {
  return Buffer.from(JSON.stringify([VERSION, keyId, table, hcode, kind, field]));
}

function changed({ table, hcode, kind }: Place, keyId?: string) {
  const other = keyId === undefined ? '' : `, or another key bears the id ${keyId}`;
  if (table === 'read_photo') {
    return secretsTrouble(`the photo of card read ${kind} does not open: it was changed or moved${other}`);
  }
  return secretsTrouble(
    `the ${kind} token of ${hcode} in the ledger does not open: it was changed or moved${other}; ` +
      '"npm run tokens -- forget" removes what does not open, and the tokens are had anew',
  );
}
