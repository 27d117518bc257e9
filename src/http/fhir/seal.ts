/**
 * Things that go out and come back but must not be read on the way: the state of a search in a `next` link, and an
 * hn that is a citizen id. Sealed with a key that the ledger keeps, so that links outlive the process and every
 * process on one ledger opens them.
 */

import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import type { Ledger } from '../../service/ports/ledger.ts';

export interface Seal {
  /** Different each time; letters, digits, `-` and `_`. */
  seal(text: string): string;
  /** Null when it was not sealed by this ledger's key, or was touched since. */
  open(sealed: string): string | null;
  /** The same each time, so that it can be part of an id: 25 letters and digits for up to 15 ASCII characters. */
  sealId(text: string): string;
  openId(sealed: string): string | null;
}

const KEY_NAME = 'fhir-seal-key';

/** Takes the key from the ledger, and makes it at the first start. */
export async function ledgerSeal(ledger: Pick<Ledger, 'recall' | 'remember'>): Promise<Seal> {
  if ((await ledger.recall(KEY_NAME)) === null) {
    await ledger.remember(KEY_NAME, randomBytes(32).toString('base64'));
  }
  // asked for again: of two processes that start at once for the first time, both go on with the key that stayed
  const kept = await ledger.recall(KEY_NAME);
  return makeSeal(Buffer.from(kept ?? '', 'base64'));
}

export function makeSeal(secret: Buffer): Seal {
  const linkKey = derive(secret, 'links');
  const idKey = derive(secret, 'ids');
  return {
    seal(text) {
      const iv = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', linkKey, iv);
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url');
    },
    open(sealed) {
      const bytes = Buffer.from(sealed, 'base64url');
      if (bytes.length < 28 || bytes.toString('base64url') !== sealed) return null;
      const decipher = createDecipheriv('aes-256-gcm', linkKey, bytes.subarray(0, 12));
      decipher.setAuthTag(bytes.subarray(12, 28));
      return finish(decipher, bytes.subarray(28));
    },
    // one block and no nonce: what is the same must look the same, and that is all it gives away
    sealId(text) {
      const cipher = createCipheriv('aes-256-ecb', idKey, null);
      return toBase36(Buffer.concat([cipher.update(text, 'ascii'), cipher.final()]));
    },
    openId(sealed) {
      const blocks = fromBase36(sealed);
      return blocks === null ? null : finish(createDecipheriv('aes-256-ecb', idKey, null), blocks);
    },
  };
}

function derive(secret: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `authen-bridge fhir ${purpose}`, 32));
}

function finish(decipher: ReturnType<typeof createDecipheriv>, body: Buffer): string | null {
  try {
    return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
  } catch {
    return null; // the one thing `final` throws for: not sealed by this key
  }
}

/** 25 characters for each block of 16 bytes; hex would make an id longer than FHIR permits. */
function toBase36(bytes: Buffer): string {
  return (bytes.toString('hex').match(/.{32}/g) ?? [])
    .map((hex) => BigInt(`0x${hex}`).toString(36).padStart(25, '0'))
    .join('');
}

function fromBase36(text: string): Buffer | null {
  if (!/^(?:[0-9a-z]{25}){1,2}$/.test(text)) return null;
  const blocks = (text.match(/.{25}/g) ?? []).map((block) =>
    [...block].reduce((sum, digit) => sum * 36n + BigInt(Number.parseInt(digit, 36)), 0n),
  );
  if (blocks.some((block) => block >= 1n << 128n)) return null;
  return Buffer.from(blocks.map((block) => block.toString(16).padStart(32, '0')).join(''), 'hex');
}
