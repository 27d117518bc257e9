/** NHSO and its agents: down, slow, answers that get lost, a service that restarts. */

import type { Breakage } from '../../../simulators/common/breakage.ts';
import { CONFIRM_MS } from '../world/world.ts';
import { ENDS_BY_ITSELF, type Injury, pick } from './injury.ts';

const DOWN: readonly Breakage[] = ['500', 'html', 'cut-json', 'cut-body', 'reset', 'drop', 'timeout'];

/** Slower than a confirm may be, quicker than a lost one is taken to be over. */
const SLOWEST_MS = 3_500;

/** Breaks a line without saying anything of the work. */
const BROKEN: readonly Breakage[] = ['drop', 'reset', '500', 'html'];

/** A moment before the bridge would have given up waiting, had the line not broken. */
const LATEST_MS = CONFIRM_MS - 50;

const down: Injury = async (world, fault) => {
  const { control } = pick(world.counters, fault).agent;
  control.nhsoDown(pick(DOWN, fault), fault.choice % 2 === 0 ? 0 : 700);
  return async () => control.nhsoUp();
};

const slow: Injury = async (world, fault) => {
  const { control } = pick(world.counters, fault).agent;
  control.delay(200 + (fault.choice % (SLOWEST_MS - 200)));
  return async () => control.delay(0);
};

/** The work is done, the answer never comes. */
const lose =
  (call: 'confirm-save' | 'save-as-draft'): Injury =>
  async (world, fault) => {
    const { control } = pick(world.counters, fault).agent;
    control.loseAnswers({ call, next: 1 + (fault.choice % 4), how: pick(DOWN, fault) });
    return ENDS_BY_ITSELF;
  };

/** The line breaks, the code is issued later: often only when the bridge may have thought that it never will be. */
const late: Injury = async (world, fault) => {
  const { control } = pick(world.counters, fault).agent;
  const { choice } = fault;
  const worksAfterMs = choice % 3 > 0 ? LATEST_MS - (choice % 250) : 300 + (choice % (LATEST_MS - 300));
  const breaksAfterMs = choice % 2 === 0 ? 0 : 10 + (choice % 290);
  const next = 1 + (choice % 8);
  control.loseAnswers({
    call: 'confirm-save',
    next,
    how: pick(BROKEN, fault),
    late: { breaksAfterMs, worksAfterMs },
  });
  return ENDS_BY_ITSELF;
};

const restart: Injury = async (world, fault) => {
  const { control } = pick(world.counters, fault).agent;
  await control.stop();
  return () => control.start();
};

export const NHSO = {
  'nhso-down': down,
  'nhso-slow': slow,
  'answers-lost': lose('confirm-save'),
  'code-late': late,
  'drafts-lost': lose('save-as-draft'),
  'agent-restarts': restart,
} satisfies Record<string, Injury>;
