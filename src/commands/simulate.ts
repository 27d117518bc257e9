/** `npm run simulate -- nhso-agent --port 8189`: the outside world in miniature, one part at a time. */

import { type Command, createCommand } from 'commander';
import { nhsoAgentCommand } from '../../simulators/nhso-agent/cli.ts';
import { nhsoReportCommand } from '../../simulators/nhso-report/cli.ts';
import { nhsoWebCommand } from '../../simulators/nhso-web/cli.ts';
import { thaiCardCommand } from '../../simulators/thai-card/cli.ts';

export function simulateCommand(): Command {
  return createCommand('simulate')
    .description('starts a part of the outside world in miniature, for trying things out')
    .addCommand(nhsoAgentCommand())
    .addCommand(nhsoWebCommand())
    .addCommand(nhsoReportCommand())
    .addCommand(thaiCardCommand());
}
