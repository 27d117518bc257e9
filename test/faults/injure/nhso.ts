/** NHSO and its agents: down, slow, answers that get lost, a service that restarts. */

import type { Breakage } from '../../../simulators/common/breakage.ts';
import { ENDS_BY_ITSELF, type Injury, pick } from './injury.ts';

const DOWN: readonly Breakage[] = ['500', 'html', 'cut-json', 'cut-body', 'reset', 'drop', 'timeout'];

/** Slower than a confirm may be, quicker than two look-ups after it. */
const SLOWEST_MS = 3_500;

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

const restart: Injury = async (world, fault) => {
  const { control } = pick(world.counters, fault).agent;
  await control.stop();
  return () => control.start();
};

export const NHSO = {
  'nhso-down': down,
  'nhso-slow': slow,
  'answers-lost': lose('confirm-save'),
  'drafts-lost': lose('save-as-draft'),
  'agent-restarts': restart,
} satisfies Record<string, Injury>;
