/** What a command says when it cannot go on: a sentence and the next step, or, for a fault of ours, all there is. */

import { type BridgeError, errorText, isBridgeError } from '../domain/bridge-error.ts';
import { maskText } from '../log.ts';
import type { Log } from '../service/ports/log.ts';

/** What went wrong, with the far side's own words where our sentence leaves them out. */
export function failureText(error: BridgeError): string {
  const { message, cause } = error;
  const why = error.code === 'ledger-unavailable' && cause !== undefined ? errorText(cause) : '';
  return maskText(why === '' || message.includes(why) ? message : `${message} (${why})`);
}

/** What to do about it, by the error's code, where its sentence does not say so. */
export const NEXT_STEPS = {
  'ledger-unavailable':
    'See that "store" in the configuration is right, that the user who runs the bridge may write there, that the ' +
    'disk has room, and that a PostgreSQL named there runs.',
  'queue-unavailable': 'Start the server that "queue" in the configuration names, or correct "queue".',
} as const;

export function nextStep({ code }: BridgeError): string | undefined {
  return code === 'ledger-unavailable' || code === 'queue-unavailable' ? NEXT_STEPS[code] : undefined;
}

/** An error of the family is for the person at the keyboard; anything else is a fault of ours and shows itself. */
export function tellFailure(error: unknown): void {
  if (!isBridgeError(error)) {
    tell(error);
    return;
  }
  console.error(`authen-bridge: ${failureText(error)}`);
  const next = nextStep(error);
  if (next !== undefined) console.error(`  → ${next}`);
}

function tellFault(error: unknown): void {
  const all = error instanceof Error ? (error.stack ?? error.message) : String(error);
  console.error(maskText(`authen-bridge: an unexpected error, please report it: ${all}`));
}

let tell = tellFault;

/** What nobody caught ends the process with exit code 1, told once and masked, whatever Node itself would print. */
export function endOnUncaught(): void {
  // a rejection that nobody handles comes here too
  process.on('uncaughtException', (error) => {
    tell(error);
    process.exit(1);
  });
}

/** From now on it goes into the log, where whoever runs a service looks. */
export function tellUncaughtTo(log: Log): void {
  tell = (error) =>
    log.error({ error }, 'an unexpected error: ending, so that a restart can take up the work');
}
