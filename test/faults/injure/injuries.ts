/** Every fault by its name. */

import type { FaultKind } from '../fault-kinds.ts';
import { CLOCK } from './clock.ts';
import { HIS } from './his.ts';
import type { Injury } from './injury.ts';
import { LEDGER } from './ledger.ts';
import { NHSO } from './nhso.ts';
import { PROCESSES } from './processes.ts';
import { QUEUE } from './queue.ts';

export const INJURIES: Readonly<Record<FaultKind, Injury>> = {
  ...PROCESSES,
  ...NHSO,
  ...QUEUE,
  ...HIS,
  ...LEDGER,
  ...CLOCK,
};
