/** What PC/SC's error codes, as `pcsc-mini` names them, mean at a counter. */

import { BridgeError, type ErrorCode, errorText, isBridgeError } from '../../../src/domain/bridge-error.ts';
import type { Failure } from './messages.ts';

interface Meaning {
  code: ErrorCode;
  message: string;
}

const SERVICE_AWAY: Meaning = {
  code: 'card-service-away',
  message:
    'The card service of this machine does not answer (Linux: pcscd, Windows: "Smart Card"); it is tried again until it does',
};
const NO_READER: Meaning = {
  code: 'no-reader',
  message: 'The card reader is gone; check its cable',
};
const PULLED: Meaning = {
  code: 'no-card',
  message: 'The card was pulled out while it was being read',
};
const MUTE: Meaning = {
  code: 'card-mute',
  message: 'The card gives no sign of life: turn it over, wipe it, put it in again',
};
const BUSY: Meaning = {
  code: 'reader-busy',
  message: 'Another program holds the card reader for itself',
};

/** Everything that is not here is a card that cannot be read this time. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  NoService: SERVICE_AWAY,
  ServiceStopped: SERVICE_AWAY,
  ServerTooBusy: SERVICE_AWAY,
  Shutdown: SERVICE_AWAY,
  SystemCancelled: SERVICE_AWAY,
  // Windows: the service ends with its last reader
  NoReadersAvailable: SERVICE_AWAY,
  UnknownReader: NO_READER,
  ReaderUnavailable: NO_READER,
  NoSmartCard: PULLED,
  RemovedCard: PULLED,
  UnpoweredCard: MUTE,
  UnresponsiveCard: MUTE,
  SharingViolation: BUSY,
};

/** Codes after which the same card is tried once more at once, for a while: another program was quicker. */
const PASSING: readonly string[] = ['SharingViolation', 'ResetCard'];

export function pcscCode(error: unknown): string | null {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  return typeof code === 'string' ? code : null;
}

export function isPassing(error: unknown): boolean {
  const code = pcscCode(error);
  return code !== null && PASSING.includes(code);
}

/** What went wrong with one card. */
export function readFailure(error: unknown): BridgeError {
  if (isBridgeError(error)) return error;
  const code = pcscCode(error);
  const known = code === null ? undefined : MEANINGS[code];
  return new BridgeError(
    known?.code ?? 'card-unreadable',
    known?.message ?? 'The card cannot be read: bad contact. Wipe it, put it in again',
    { retry: 'yes', detail: { pcsc: code ?? errorText(error) }, cause: error },
  );
}

/** What went wrong with PC/SC itself: whatever it is, the process is of no more use. */
export function serviceFailure(error: unknown): BridgeError {
  return new BridgeError(SERVICE_AWAY.code, SERVICE_AWAY.message, {
    retry: 'yes',
    detail: { pcsc: pcscCode(error) ?? errorText(error) },
    cause: error,
  });
}

/** The process is of no more use, though nothing is wrong with PC/SC. */
export function replaced(why: string): BridgeError {
  return new BridgeError(SERVICE_AWAY.code, `The process that reads cards is replaced: ${why}`, {
    retry: 'yes',
  });
}

export function readerBusy(waitedMs: number): BridgeError {
  return new BridgeError(BUSY.code, BUSY.message, { retry: 'yes', detail: { waitedMs } });
}

export function cardMute(): BridgeError {
  return new BridgeError(MUTE.code, MUTE.message, { retry: 'yes' });
}

export function cardChanged(): BridgeError {
  return new BridgeError('no-card', 'The card was taken out or changed meanwhile; nothing of it counts', {
    retry: 'yes',
  });
}

/** The part that drives readers is not on this machine. Trying again helps only after somebody has installed it. */
export function bindingMissing(error: unknown): BridgeError {
  const platform = `${process.platform}-${process.arch}`;
  return new BridgeError(
    'config',
    `Readers cannot be driven directly here: the npm package pcsc-mini or its binary for ${platform} is missing. ` +
      'Install it (docs/card-reader.md), or read cards through the NHSO agent',
    { retry: 'no', detail: { platform, why: firstLine(errorText(error)) }, cause: error },
  );
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]?.slice(0, 200) ?? '';
}

export function failureOf(error: BridgeError): Failure {
  const { code, message, retry, detail } = error;
  return { code, message, retry, detail: { ...detail } };
}

export function errorOf({ code, message, retry, detail }: Failure): BridgeError {
  return new BridgeError(code, message, { retry, detail });
}
