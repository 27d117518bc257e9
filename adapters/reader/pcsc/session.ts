/**
 * One card, from taking hold of it to letting it go: connect, transaction, read, end, disconnect. Always within a
 * transaction (another program may select its own applet between two of our commands), and never longer than the read:
 * other programs want the card too. It is left as it is, not reset.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Card, Reader, Transaction } from 'pcsc-mini';
import { isBridgeError } from '../../../src/domain/bridge-error.ts';
import { readThaiCard, type ThaiCard } from '../thai-card/read-card.ts';
import { isPassing, pcscCode, readerBusy } from './failures.ts';

/** PC/SC's own numbers: SCARD_SHARE_SHARED, SCARD_LEAVE_CARD. */
const SHARED = 2;
const LEAVE = 0;

export interface SessionOptions {
  withPhoto: boolean;
  /** How long another program's hold on the card is waited out, ms. */
  busyMs: number;
  /** Between two tries, ms. */
  pauseMs: number;
  /** PC/SC still waits for another program. Resolves when it does not any more, and what came of it has been let go of. */
  onStillWaiting(end: Promise<void>): void;
  /** A connection could not be closed. What was read counts, but the process must be replaced. */
  onLeftOver(what: string): void;
}

/**
 * @param buffer where the card's answers go: one for each reader and for as long as the process lives; with a new one
 *   each time the binding leaks, with a shared one it mixes two people's bytes. Empty again at the end
 * @throws errors of `pcsc-mini`, and BridgeError `reader-busy` and those of `readThaiCard`
 */
export async function readInSession(
  reader: Reader,
  buffer: ArrayBuffer,
  options: SessionOptions,
): Promise<ThaiCard> {
  const giveUp = performance.now() + options.busyMs;
  for (;;) {
    try {
      return await readOnce(reader, buffer, options, giveUp);
    } catch (error) {
      if (!isPassing(error)) throw error;
      if (performance.now() >= giveUp) {
        throw pcscCode(error) === 'SharingViolation' ? readerBusy(options.busyMs) : error;
      }
      await sleep(options.pauseMs);
    } finally {
      new Uint8Array(buffer).fill(0);
    }
  }
}

async function readOnce(
  reader: Reader,
  buffer: ArrayBuffer,
  options: SessionOptions,
  giveUp: number,
): Promise<ThaiCard> {
  const card = await unlessHeld(reader.connect(SHARED), options, giveUp, async (late) => {
    if (late !== null) await letGo(late, null, options);
  });
  let transaction: Transaction;
  try {
    transaction = await unlessHeld(card.transaction(), options, giveUp, (late) => letGo(card, late, options));
  } catch (error) {
    // a connection that waits cannot be closed: that one is let go of when it has waited
    if (!isBridgeError(error, 'reader-busy')) await letGo(card, null, options);
    throw error;
  }
  try {
    // the event's ATR is not the card's: it keeps what a longer one has left behind
    const { atr } = await card.state();
    return await readThaiCard(
      // copied: the next answer goes to the same place
      async (apdu) => (await card.transmit(apdu, buffer)).slice(),
      { atr: Uint8Array.from(atr), withPhoto: options.withPhoto },
    );
  } finally {
    await letGo(card, transaction, options);
  }
}

/**
 * The outcome of the work, or `reader-busy` when it takes too long: PC/SC waits for the end of another program's
 * transaction without end, and cannot be told to stop waiting.
 *
 * @param letGoOf what comes of it when it is too late; null for a failure
 */
async function unlessHeld<T>(
  work: Promise<T>,
  options: SessionOptions,
  giveUp: number,
  letGoOf: (late: T | null) => Promise<void>,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<typeof LATE>((resolve) => {
    timer = setTimeout(() => resolve(LATE), Math.max(LEAST_MS, giveUp - performance.now()));
  });
  try {
    const outcome = await Promise.race([work, late]);
    if (outcome !== LATE) return outcome;
  } finally {
    clearTimeout(timer);
  }
  options.onStillWaiting(work.catch(() => null).then(letGoOf));
  throw readerBusy(options.busyMs);
}

const LATE = Symbol('late');
/** A try that is begun gets so long, ms: "somebody else has it" comes at once, only waiting does not. */
const LEAST_MS = 1_000;

/** Of a card that was pulled out nothing is left to be ended; a connection must be closed all the same. */
async function letGo(card: Card, transaction: Transaction | null, options: SessionOptions): Promise<void> {
  for (const end of [() => transaction?.end(LEAVE), () => card.disconnect(LEAVE)]) {
    try {
      await end();
    } catch (error) {
      const code = pcscCode(error);
      if (code === null || !GONE.includes(code)) options.onLeftOver(`the card is not let go of: ${code}`);
    }
  }
}

/** What letting go says when the card, its reader or its connection is gone already. */
const GONE: readonly string[] = [
  'RemovedCard',
  'ResetCard',
  'NoSmartCard',
  'ReaderUnavailable',
  'UnknownReader',
];
