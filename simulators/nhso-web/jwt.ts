/** JSON Web Tokens as NHSO's SRM portal hands them out: signed by HMAC, with `iat`, `exp` and an id of their own. */

import { createHmac, randomBytes, randomUUID } from 'node:crypto';

export interface Claims {
  sub: string;
  jti: string;
  /** Seconds since 1970, as RFC 7519 has it. */
  iat: number;
  exp: number;
}

export class JwtMint {
  readonly #key = randomBytes(64);

  /** `now` and `exp` in epoch milliseconds. */
  mint(sub: string, now: number, exp: number): string {
    const claims: Claims = {
      sub,
      jti: randomUUID(),
      iat: Math.floor(now / 1000),
      exp: Math.floor(exp / 1000),
    };
    const text = `${part({ alg: 'HS512', typ: 'JWT' })}.${part({ iss: 'https://srmportal.invalid', ...claims })}`;
    return `${text}.${createHmac('sha512', this.#key).update(text).digest('base64url')}`;
  }
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
