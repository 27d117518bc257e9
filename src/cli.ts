/** The command line. Each command is a file in `commands/`, loaded when it is asked for. */

import { createCommand } from 'commander';
import { isBridgeError } from './domain/bridge-error.ts';

const program = createCommand('authen-bridge')
  .description('Gets NHSO authen codes for hospital visits by itself.')
  .showHelpAfterError('(--help tells more)');

const COMMANDS = {
  start: async () => (await import('./commands/start.ts')).startCommand(),
  doctor: async () => (await import('./commands/doctor.ts')).doctorCommand(),
  reader: async () => (await import('./commands/reader.ts')).readerCommand(),
  key: async () => (await import('./commands/key.ts')).keyCommand(),
  demo: async () => (await import('./commands/demo.ts')).demoCommand(),
  simulate: async () => (await import('./commands/simulate.ts')).simulateCommand(),
};

const wanted = process.argv[2];
const names = wanted !== undefined && wanted in COMMANDS ? [wanted] : Object.keys(COMMANDS);
for (const name of names) program.addCommand(await COMMANDS[name as keyof typeof COMMANDS]());

try {
  await program.parseAsync();
} catch (error) {
  // an error of the family has a message that a person can act on; anything else is a fault of ours and shows itself
  if (!isBridgeError(error)) throw error;
  console.error(`authen-bridge: ${error.message}`);
  process.exitCode = 1;
}
