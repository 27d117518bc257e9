/** The ledger: locked by a backup, cut off, and a disk with no room. */

import type { Injury } from './injury.ts';
import { cutting } from './lines.ts';

const locked: Injury = ({ ledger }) => ledger.lock();

const diskFull: Injury = async ({ ledger }) => {
  if (ledger.fillDisk === null) throw new TypeError('the ledger has no disk of its own');
  return ledger.fillDisk();
};

export const LEDGER = {
  'ledger-locked': locked,
  'ledger-cut': cutting(({ ledger }) => ledger.proxy),
  'disk-full': diskFull,
} satisfies Record<string, Injury>;
