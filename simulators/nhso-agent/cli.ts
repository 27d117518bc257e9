/** `npm run simulate -- nhso-agent`: one agent on a port, with its control calls printed. */

import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { callList, citizenId, mask, oneOf, wholeNumber } from '../common/options.ts';
import { NhsoCentre } from './centre.ts';
import { CONTROL_HELP } from './control-routes.ts';
import type { JournalEntry } from './journal.ts';
import type { PersonInput } from './people.ts';
import { startNhsoAgent } from './start.ts';

interface CliOptions {
  port: number;
  host: string;
  hcode: string;
  zone: 'test' | 'prod';
  delay: number;
  card?: string;
  /** 0 = none. */
  limit: number;
  people?: string;
  quiet: boolean;
}

/** The command; mount it with `program.addCommand(nhsoAgentCommand())`. It runs until it is interrupted. */
export function nhsoAgentCommand(): Command {
  return new Command('nhso-agent')
    .description('an NHSO Secure SmartCard Agent with NHSO behind it, all invented')
    .option('--port <port>', 'port to listen on; 0 takes a free one', wholeNumber, 8189)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--hcode <hcode>', 'hospital whose token the agent holds', '10978')
    .option('--zone <zone>', 'test or prod; prod has no probe call', oneOf('test', 'prod'), 'test')
    .option('--delay <ms>', 'milliseconds before each answer', wholeNumber, 0)
    .option('--card <pid>', 'put this card into the reader (13 digits)', citizenId)
    .option('--limit <n>', 'codes per person, claim type and day, or "none"', limit, 1)
    .option('--people <file>', 'JSON array of persons, as for POST /__control/people')
    .option('--quiet', 'do not print the calls', false)
    .addHelpText('after', `\nControl calls:\n${callList(CONTROL_HELP)}`)
    .action(run);
}

async function run(options: CliOptions): Promise<void> {
  const centre = new NhsoCentre({ limitPerDay: options.limit || null });
  if (options.people !== undefined) {
    centre.addPeople(JSON.parse(readFileSync(options.people, 'utf8')) as PersonInput[]);
  }
  const { port, host, hcode, zone: agentZone, delay: delayMs } = options;
  const onCall = (entry: JournalEntry) => console.log(line(entry));
  const agent = await startNhsoAgent({
    ...{ port, host, hcode, zone: agentZone, centre, delayMs },
    ...(options.quiet ? {} : { onCall }),
  });
  if (options.card !== undefined) agent.control.insertCard(options.card);
  console.log(`NHSO agent simulator: ${agent.url} (hospital ${hcode}, ${agentZone} zone)\n`);
  console.log(`${callList(CONTROL_HELP)}\n\nStop it with Ctrl+C.`);
  const stop = () => void agent.close();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

/** One line a call, with the citizen id masked. */
export function line(entry: JournalEntry): string {
  const person = entry.pid === null ? '' : ` ${mask(entry.pid)}`;
  const code = entry.claimCode === null ? '' : ` ${entry.claimCode}`;
  return `${entry.at} ${entry.call}${person} ${entry.status ?? 'no answer'} ${entry.outcome}${code} ${entry.ms} ms`;
}

/** 0 stands for "none" until `run`: commander takes a null for a missing value. */
function limit(text: string): number {
  return text === 'none' ? 0 : wholeNumber(text);
}
