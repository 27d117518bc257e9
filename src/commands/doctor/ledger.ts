/** Whether the ledger can do its work. Changes nothing: neither an empty ledger nor a migration is left behind. */

import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, resolve } from 'node:path';
import { openLedger } from '../../../db/open-ledger.ts';
import type { Finding } from '../../service/ports/finding.ts';

export async function checkLedger(store: string): Promise<Finding[]> {
  const path = store.startsWith('sqlite:') ? resolve(store.slice('sqlite:'.length)) : null;
  // made now, it would belong to whoever runs the doctor, often root, and the bridge could not write to it
  if (path !== null && !existsSync(path)) return [placeFor(path)];
  const ledger = await openLedger(store);
  try {
    return await ledger.check();
  } finally {
    await ledger.close();
  }
}

function placeFor(path: string): Finding {
  const folder = nearest(path);
  const check = 'ledger-writable';
  if (!statSync(folder).isDirectory()) {
    return {
      ...{ check, level: 'fail', message: `the ledger cannot be at ${path}: ${folder} is no folder` },
      fix: 'Correct "store" in the configuration.',
    };
  }
  const who = userInfo().username;
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch {
    return {
      ...{ check, level: 'fail', message: `${who} may not write to ${folder}, where the ledger is to be` },
      fix: 'Give the folder to the user who runs the bridge, and run the doctor as that user.',
    };
  }
  const message = `there is no ledger yet; the first start makes it at ${path} (${who} may write there)`;
  return { check, level: 'ok', message };
}

/** The first of the folders above that is there; the root always is. */
function nearest(path: string): string {
  const above = dirname(path);
  return existsSync(above) || above === path ? above : nearest(above);
}
