/** That there is no living token, and what a person must do about it. */

import { BridgeError } from '../../domain/bridge-error.ts';
import type { TokenKind } from '../../domain/token.ts';
import type { Place } from './house.ts';

/** What opens the gate, where the bridge cannot do so itself. */
export function nextStepFor(kind: TokenKind): string {
  switch (kind) {
    case 'uc':
      return 'Log in with UC Authentication (card and PIN), so that its token file is written anew.';
    case 'srm':
      return "Log in with NHSO's SRM program, so that its token file is written anew.";
    case 'service':
      return 'See that nhso.serviceToken in the configuration is the one that NHSO gave the hospital.';
    case 'moph':
      return 'Log in to MOPH Account Center anew.';
  }
}

/** Retry yes: the work waits until somebody has done it. `why`: what stood in the way of having one, when that is known. */
export function missing({ hcode, source }: Place, why: BridgeError | null): BridgeError {
  const said = why === null ? '' : ` (${why.message})`;
  return new BridgeError(
    'token-missing',
    `${hcode} has no living ${source.kind} token from ${source.name}${said}. ${nextStepFor(source.kind)}`,
    {
      retry: 'yes',
      detail: { kind: source.kind, why: why?.code ?? null },
      ...(why === null ? {} : { cause: why }),
    },
  );
}

/** Retry no: nothing but another configuration brings one. */
export function notConfigured(hcode: string, kind: TokenKind): BridgeError {
  const key = {
    uc: 'nhso.ucTokenFile',
    srm: 'nhso.srmTokenFile',
    service: 'nhso.serviceToken',
    moph: 'moph',
  }[kind];
  return new BridgeError(
    'config',
    `${hcode} has no source of ${kind} tokens: set ${key} in the configuration`,
    {
      retry: 'no',
      detail: { kind },
    },
  );
}
