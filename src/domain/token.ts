/** Tokens that open NHSO's and MOPH's services, and how long each lives. */

/**
 * - `uc`: UC Authentication 4.x, one a person of the staff; all die at 00:00 Asia/Bangkok, a new log-in kills the former one.
 * - `srm`: NHSO's SRM portal, a JWT with a refresh token.
 * - `service`: the hospital's own UUID for check-authen-status; long-lived.
 * - `moph`: MOPH Account Center and what hangs on it.
 */
export const TOKEN_KINDS = ['uc', 'srm', 'service', 'moph'] as const;
export type TokenKind = (typeof TOKEN_KINDS)[number];
