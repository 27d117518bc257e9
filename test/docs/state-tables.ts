/** The rows of the tables that tell clerks what a state or a reason means, made of the words that the bridge shows. */

import { ASK_SITUATIONS, askText } from '../../src/domain/ask-text.ts';
import { CASE_STATES, FINAL_STATES } from '../../src/domain/case.ts';
import { outcomeText } from '../../src/domain/outcome-text.ts';
import { REASON_CODES, reasonText, stateText, type Wording } from '../../src/domain/reason-text.ts';
import { OUTCOMES } from '../../src/domain/reconcile.ts';

/** `state`, meaning, and whether anything more happens by itself. */
export function stateRows(): string[][] {
  return CASE_STATES.map((state) => [
    `\`${state}\``,
    both(stateText(state)),
    FINAL_STATES.includes(state) ? 'final' : '',
  ]);
}

/** `reason`, meaning, what to do. */
export function reasonRows(): string[][] {
  return REASON_CODES.map((reason) => {
    const text = reasonText(reason);
    return [`\`${reason}\``, both(text), both(text.next)];
  });
}

/** `outcome`, meaning, what to do. */
export function outcomeRows(): string[][] {
  return OUTCOMES.map((outcome) => {
    const text = outcomeText(outcome, { dryRun: false, undone: false });
    return [`\`${outcome}\``, both(text), both(text.next)];
  });
}

/** How it stands with what a client has asked for, and what to do. */
export function askRows(): string[][] {
  return ASK_SITUATIONS.map((situation) => {
    const text = askText(situation);
    return [both(text), both(text.next)];
  });
}

function both({ th, en }: Wording): string {
  return `${th}<br>${en}`;
}
