/** A row of the table of tokens: what of it is sealed, and how it opens. */

import { isBridgeError } from '../src/domain/bridge-error.ts';
import type { TokenKind } from '../src/domain/token.ts';
import type { FoundToken, StoredToken } from '../src/service/ports/tokens.ts';
import type { Keyring, SecretKey } from './secrets/keyring.ts';
import { keyIdOf, type Place, seal, unseal } from './secrets/seal.ts';
import type { TokenRow } from './tables.ts';

const SEALED = ['value', 'refresh', 'account'] as const;
type Field = (typeof SEALED)[number];
export type SealedFields = Pick<TokenRow, Field>;
export type TokenKey = Pick<TokenRow, 'hcode' | 'kind'>;

function placeOf({ hcode, kind }: TokenKey, field: Field): Place {
  return { table: 'token', hcode, kind, field };
}

export function sealed(token: Pick<FoundToken, Field>, key: SecretKey, of: TokenKey): SealedFields {
  const each = (field: Field, text: string): string => seal(text, key, placeOf(of, field));
  return {
    value: each('value', token.value),
    refresh: token.refresh === null ? null : each('refresh', token.refresh),
    account: token.account === null ? null : each('account', token.account),
  };
}

/** Null when the ring has not the key of one of them. */
export function opened(ring: Keyring, row: TokenRow): SealedFields | null {
  const plain: SealedFields = { value: '', refresh: null, account: null };
  for (const field of SEALED) {
    const text = row[field];
    if (text === null) continue;
    const open = unseal(text, ring, placeOf(row, field));
    if (open === null) return null;
    plain[field] = open;
  }
  return plain;
}

export function doesOpen(ring: Keyring, row: TokenRow): boolean {
  try {
    return opened(ring, row) !== null;
  } catch (error) {
    if (isBridgeError(error, 'config')) return false;
    throw error;
  }
}

export function isUnderAnother(row: TokenRow, keyId: string): boolean {
  return SEALED.some((field) => {
    const text = row[field];
    return text !== null && keyIdOf(text, placeOf(row, field)) !== keyId;
  });
}

export function toToken(row: TokenRow, plain: SealedFields): StoredToken {
  return {
    hcode: row.hcode,
    kind: row.kind as TokenKind,
    generation: row.generation,
    source: row.source,
    ...plain,
    obtainedAt: row.obtained_at,
    expiresAt: row.expires_at,
    refusedAt: row.refused_at,
    lastUsedAt: row.last_used_at,
  };
}

/** Of the key that a row was sealed under. */
export function keyIdOfRow(row: TokenRow): string {
  return keyIdOf(row.value, placeOf(row, 'value'));
}
