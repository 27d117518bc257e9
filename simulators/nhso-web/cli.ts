/** `npm run simulate -- nhso-web`: NHSO's web services on a port, with their control calls printed. */

import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { callList, citizenId, mask, oneOf, wholeNumber } from '../common/options.ts';
import { NhsoCentre } from '../nhso-agent/centre.ts';
import type { PersonInput } from '../nhso-agent/people.ts';
import type { StatusForm } from './authen-status.ts';
import { CONTROL_HELP } from './control-routes.ts';
import { startNhsoWeb } from './start.ts';
import type { WebEntry } from './state.ts';

/** Invented: no office gives out an id that begins with 9. */
const STAFF = '9000000000021';

interface CliOptions {
  port: number;
  host: string;
  hcode: string;
  token?: string;
  agent?: string;
  delay: number;
  form: StatusForm['shape'];
  people?: string;
  staff?: string;
  ucTokenFile?: string;
  srmTokenFile?: string;
  quiet: boolean;
}

/** The command; mount it with `program.addCommand(nhsoWebCommand())`. It runs until it is interrupted. */
export function nhsoWebCommand(): Command {
  return new Command('nhso-web')
    .description(
      "NHSO's web services: check-authen-status, rights by SOAP and REST, SRM tokens; all invented",
    )
    .option('--port <port>', 'port to listen on; 0 takes a free one', wholeNumber, 8190)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--hcode <hcode>', 'hospital that the token belongs to', '10978')
    .option('--token <uuid>', "the hospital's token for check-authen-status; made up when left out")
    .option('--agent <url>', 'agent simulator whose codes are found here, such as http://127.0.0.1:8189')
    .option('--delay <ms>', 'milliseconds before each answer', wholeNumber, 0)
    .option('--form <form>', 'how check-authen-status answers', oneOf('histories', 'flat'), 'histories')
    .option('--people <file>', 'JSON array of persons, as for POST /__control/people')
    .option('--uc-token-file <path>', 'a member of staff logs in to UC Authentication; nhso_token.txt')
    .option('--srm-token-file <path>', 'a member of staff logs in to SRM; token.txt')
    .option('--staff <pid>', 'citizen id of that member of staff; an invented one when left out', citizenId)
    .option('--quiet', 'do not print the calls', false)
    .addHelpText('after', `\nControl calls:\n${callList(CONTROL_HELP)}`)
    .action(run);
}

async function run(options: CliOptions): Promise<void> {
  const centre = new NhsoCentre();
  if (options.people !== undefined) {
    centre.addPeople(JSON.parse(readFileSync(options.people, 'utf8')) as PersonInput[]);
  }
  const { port, host, hcode, delay: delayMs, ucTokenFile, srmTokenFile, staff = STAFF } = options;
  const web = await startNhsoWeb({
    ...{ port, host, hcode, centre, delayMs },
    ...(options.token === undefined ? {} : { hospitalToken: options.token }),
    ...(options.agent === undefined ? {} : { agentUrl: options.agent }),
    ...(options.quiet ? {} : { onCall: (entry) => console.log(line(entry)) }),
  });
  web.control.statusForm({ shape: options.form });
  await web.control.staffLogsIn({ account: staff, ucTokenFile, srmTokenFile });
  console.log(`NHSO web services simulator: ${web.url} (hospital ${hcode}, token ${web.hospitalToken})\n`);
  for (const [name, url] of Object.entries(web.urls)) console.log(`  ${name.padEnd(14)} ${url}`);
  console.log(`\n${callList(CONTROL_HELP)}\n\nStop it with Ctrl+C.`);
  const stop = () => void web.close();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

/** One line a call, with citizen ids masked. */
export function line(entry: WebEntry): string {
  const person = entry.pid === null ? '' : ` ${masked(entry.pid)}`;
  const date = entry.serviceDate === null ? '' : ` of ${entry.serviceDate}`;
  const caller = entry.caller === null ? '' : ` for ${masked(entry.caller)}`;
  return `${entry.at} ${entry.call}${person}${date}${caller} ${entry.status ?? 'no answer'} ${entry.outcome} ${entry.ms} ms`;
}

/** A hospital's code stays as it is; what a caller sent as a citizen id may be anything. */
function masked(text: string): string {
  return text.length <= 5 ? text : mask(text);
}
