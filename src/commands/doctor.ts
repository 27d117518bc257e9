/** `npm run doctor -- --config …`: says line by line, in plain words, what stands in the way of the bridge. */

import { type Command, createCommand } from 'commander';
import { type Config, loadConfig } from '../config.ts';
import { isBridgeError } from '../domain/bridge-error.ts';
import type { Finding } from '../service/ports/finding.ts';
import { examine, type Say } from './doctor/examine.ts';
import { CONFIG_OPTION } from './options.ts';

const HELP = `
Run it on the bridge's machine, as the user who runs the bridge, before the first start and
whenever something is wrong; a bridge that runs meanwhile is not disturbed. It makes no ledger,
asks NHSO for nothing in a patient's name, and writes nothing into the HIS. A queue on
PostgreSQL gets its tables where they are missing.

Exit code 0 only when the bridge can do its job; warnings do not count against it.
`;

export function doctorCommand(): Command {
  return createCommand('doctor')
    .description('checks everything that the bridge needs and says what to do about what is missing')
    .option(...CONFIG_OPTION)
    .option('--json', 'print the findings as JSON', false)
    .addHelpText('after', HELP)
    .action(async ({ config: file, json }: { config: string; json: boolean }) => {
      const findings: (Finding & { section: string })[] = [];
      const say: Say = (section, found) => {
        findings.push(...found.map((finding) => ({ section, ...finding })));
        if (!json) print(section, found);
      };
      const config = readConfig(file, say);
      if (config !== null) await examine(config, say);
      const failures = findings.filter((f) => f.level === 'fail').length;
      const warnings = findings.filter((f) => f.level === 'warn').length;
      if (json) console.log(JSON.stringify({ ok: failures === 0, findings }, null, 2));
      else console.log(`\n${verdict(failures, warnings)}`);
      process.exitCode = failures === 0 ? 0 : 1;
    });
}

function readConfig(file: string, say: Say): Config | null {
  try {
    const config = loadConfig(file, process.env);
    const found: Finding = { check: 'config', level: 'ok', message: `${file} is well formed` };
    say('Configuration', [found]);
    return config;
  } catch (error) {
    if (!isBridgeError(error, 'config')) throw error;
    const fix = 'Correct the file; docs/configuration.md describes every key.';
    say('Configuration', [{ check: 'config', level: 'fail', message: error.message, fix }]);
    return null;
  }
}

const MARK = { ok: 'ok  ', warn: 'WARN', fail: 'FAIL' } as const;

function print(section: string, findings: readonly Finding[]): void {
  console.log(`\n${section}`);
  for (const { level, message, fix } of findings) {
    console.log(`  ${MARK[level]}  ${message.replaceAll('\n', '\n        ')}`);
    if (fix !== undefined && level !== 'ok') console.log(`        → ${fix.replaceAll('\n', '\n          ')}`);
  }
}

function verdict(failures: number, warnings: number): string {
  if (failures > 0) return `The bridge cannot do its job yet: ${failures} to mend, ${warnings} to look at.`;
  return warnings > 0 ? `The bridge can do its job; ${warnings} to look at.` : 'The bridge can do its job.';
}
