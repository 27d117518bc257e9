/** A bridge's adapter in a process of its own, to be killed: reads, and gives codes to all visits, until it is done. */

import { openHis } from '../../../../adapters/his/registry.ts';
import { csvOptions, TODAY } from './given.ts';

const [folder = '', index = ''] = process.argv.slice(2);
const his = openHis(csvOptions({ folder, index, settleSeconds: 0.3 }));
const expected = Number(process.argv[4]);
const prefix = process.argv[5] ?? 'PP1';
for (;;) {
  const visits = await his.visitsOn(TODAY);
  process.stdout.write(`read ${visits.length}\n`);
  for (const { vn, code } of visits) {
    if (code !== null) continue;
    const claimCode = `${prefix}${vn.slice(-9)}`;
    const { kind } = await his.writeBack({ vn, claimCode, claimType: 'PG0060001', issuedAt: Date.now() });
    process.stdout.write(`${kind} ${vn}\n`);
  }
  if (visits.length >= expected && visits.every((v) => v.code !== null)) break;
}
await his.close();
process.stdout.write('done\n');
