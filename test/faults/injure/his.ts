/** The HIS: killed, locked, its lines cut, and cut just after the UPDATE was sent. */

import type { Injury } from './injury.ts';
import { cutting } from './lines.ts';

const killed: Injury = async ({ his }) => {
  await his.crash();
  return () => his.startAgain();
};

const locked: Injury = ({ his }) => his.lockRights();

/** The UPDATE is done, its answer is lost. MySQL prepares a statement first, so the work is one or two pieces later. */
const cutAtUpdate: Injury = async ({ his }, fault) => {
  his.proxy.loseAnswerTo('update visit_pttype', his.engine === 'mariadb' ? fault.choice % 3 : 0);
  return async () => {
    his.proxy.cutter = null;
  };
};

export const HIS = {
  'his-killed': killed,
  'his-locked': locked,
  'his-cut': cutting(({ his }) => his.proxy),
  'his-cut-at-update': cutAtUpdate,
} satisfies Record<string, Injury>;
