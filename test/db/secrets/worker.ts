/**
 * A process that stores and reads tokens: `node worker.ts <store> <key file> <hcode> <go>`. It waits until the file `go` is
 * there, then puts one generation after the other until a line comes in, and tells on a line of its own each that was
 * answered; after each it reads every token of the ledger. It ends with `done`.
 */

import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { openLedger } from '../../../db/open-ledger.ts';
import { found } from '../contract/tokens.ts';

const [store = '', keyFile = '', hcode = '', go = ''] = process.argv.slice(2);
const ledger = await openLedger(store, { secrets: { keyFile }, lockWaitMs: 60_000 });
await ledger.migrate();
let isOver = false;
process.stdin.once('data', () => {
  isOver = true;
});
process.stdout.write('ready\n');
while (!existsSync(go)) await sleep(1);
for (let after = (await ledger.tokens.get(hcode, 'uc'))?.generation ?? 0; ; after++) {
  if (!(await ledger.tokens.put(hcode, 'uc', after, found(after + 1))))
    throw new Error('somebody else was here');
  process.stdout.write(`${after + 1}\n`);
  for (const { generation, value } of await ledger.tokens.list()) {
    if (value !== found(generation).value) throw new Error('another token than the one that was put');
  }
  if (isOver) break;
}
await ledger.close();
process.stdout.write('done\n');
process.stdin.destroy();
