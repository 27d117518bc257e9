/** `npm run simulate -- thai-card`: virtual Thai ID cards in the virtual readers of vpcd, put in and out by hand. */

import { createInterface } from 'node:readline';
import { Command } from 'commander';
import { callList, wholeNumber } from '../common/options.ts';
import { ORDER_HELP, obey } from './orders.ts';
import { VirtualSlot } from './virtual-slot.ts';

interface CliOptions {
  port: number;
  host: string;
  slots: number;
  insert: boolean;
}

const HELP = `
It needs pcscd with the virtual reader (Debian: pcscd, vsmartcard-vpcd). Where no systemd starts
it: pcscd --foreground. Two readers appear, "Virtual PCD 00 00" and "Virtual PCD 00 01", on the TCP
ports 35963 and 35964, on all addresses of the machine: not on one that others can reach.

Lines on standard input, each answered by one line, "ok ..." or "no ...":
${callList(ORDER_HELP)}

A card is seen within half a second. The end of the input takes all cards out.
`;

/** The command; mount it with `program.addCommand(thaiCardCommand())`. It runs until its input ends. */
export function thaiCardCommand(): Command {
  return new Command('thai-card')
    .description('virtual Thai ID cards in a virtual PC/SC reader (vpcd); all invented')
    .option('--port <port>', 'TCP port of the first slot', wholeNumber, 35_963)
    .option('--host <address>', 'where pcscd runs', '127.0.0.1')
    .option('--slots <n>', 'how many, on this port and those that follow', wholeNumber, 2)
    .option('--insert', 'put a card into the first slot at once', false)
    .addHelpText('after', HELP)
    .action(run);
}

async function run({ port, host, slots: count, insert }: CliOptions): Promise<void> {
  const slots = Array.from({ length: count }, (_, i) => new VirtualSlot(port + i, host));
  if (insert) console.log(`ok ${await obey(slots, '0 insert')}`);
  for await (const line of createInterface({ input: process.stdin })) {
    if (line.trim() === '') continue;
    try {
      console.log(`ok ${await obey(slots, line)}`);
    } catch (error) {
      console.log(`no ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  for (const slot of slots) slot.eject();
}
