/** `npm run doctor -- --config …`: says line by line, in plain words, what stands in the way of the bridge. */

import { type Command, createCommand } from 'commander';
import { openHis } from '../../adapters/his/registry.ts';
import { checkAgent } from '../../adapters/nhso/check.ts';
import { openLedger } from '../../db/open-ledger.ts';
import { checkWorkQueue } from '../../queues/open-work-queue.ts';
import { type Config, loadConfig, type SiteConfig } from '../config.ts';
import { errorText, isBridgeError } from '../domain/bridge-error.ts';
import { makeLog } from '../log.ts';
import type { Finding } from '../service/ports/finding.ts';
import { CONFIG_OPTION } from './options.ts';

export function doctorCommand(): Command {
  return createCommand('doctor')
    .description('checks everything that the bridge needs and says what to do about what is missing')
    .requiredOption(...CONFIG_OPTION)
    .option('--json', 'print the findings as JSON', false)
    .addHelpText(
      'after',
      '\nExit code 0 only when the bridge can do its job; warnings do not count against it.',
    )
    .action(async ({ config: file, json }: { config: string; json: boolean }) => {
      const findings: Finding[] = [];
      const say = (section: string, found: readonly Finding[]): void => {
        findings.push(...found);
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

type Say = (section: string, found: readonly Finding[]) => void;

function readConfig(file: string, say: Say): Config | null {
  try {
    const config = loadConfig(file, process.env);
    say('Configuration', [
      { check: 'config', level: 'ok', message: `${file} is well formed` },
      ...unused(config),
    ]);
    return config;
  } catch (error) {
    if (!isBridgeError(error, 'config')) throw error;
    const fix = 'Correct the file; docs/configuration.md describes every key.';
    say('Configuration', [{ check: 'config', level: 'fail', message: error.message, fix }]);
    return null;
  }
}

/** Keys that are accepted for later, so that nobody believes they do something already. */
function unused(config: Config): Finding[] {
  return config.sites.flatMap(({ hcode, nhso }) =>
    (['authenStatusUrl', 'serviceToken', 'ucTokenFile'] as const)
      .filter((key) => nhso[key] !== undefined)
      .map(
        (key): Finding => ({
          check: 'config-unused',
          level: 'warn',
          message: `${hcode}: nhso.${key} is not used by this version`,
        }),
      ),
  );
}

async function examine(config: Config, say: Say): Promise<void> {
  const log = makeLog({ level: 'silent' });
  say('Ledger', await asFindings('ledger-writable', () => checkLedger(config)));
  say(
    'Queue',
    config.queue === 'embedded'
      ? [
          {
            check: 'queue',
            level: 'ok',
            message: 'embedded: in this process, rebuilt from the ledger at every start',
          },
        ]
      : await asFindings('queue-reachable', () => checkWorkQueue(config.queue, { log, concurrency: 1 })),
  );
  for (const site of config.sites) {
    say(`HIS of ${site.hcode} ${site.name}`.trim(), await asFindings('his-reachable', () => checkHis(site)));
    for (const station of site.stations) {
      const { zone, timeouts } = site.nhso;
      const agent = {
        url: station.agentUrl,
        hcode: site.hcode,
        zone,
        timeouts,
        station: station.id,
        now: Date.now,
      };
      say(
        `Station ${station.id} of ${site.hcode}`,
        await asFindings('agent-reachable', () => checkAgent(agent)),
      );
    }
  }
}

async function checkLedger(config: Config): Promise<Finding[]> {
  const ledger = await openLedger(config.store);
  try {
    await ledger.migrate();
    return await ledger.check();
  } finally {
    await ledger.close();
  }
}

async function checkHis(site: SiteConfig): Promise<Finding[]> {
  const his = openHis({ ...site.his, hcode: site.hcode });
  try {
    return await his.check();
  } finally {
    await his.close();
  }
}

async function asFindings(check: string, look: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await look();
  } catch (error) {
    if (!isBridgeError(error)) throw error;
    return [{ check, level: 'fail', message: errorText(error) }];
  }
}

const MARK = { ok: 'ok  ', warn: 'WARN', fail: 'FAIL' } as const;

function print(section: string, findings: readonly Finding[]): void {
  console.log(`\n${section}`);
  for (const { level, message, fix } of findings) {
    console.log(`  ${MARK[level]}  ${message}`);
    if (fix !== undefined && level !== 'ok') console.log(`        → ${fix.replaceAll('\n', '\n          ')}`);
  }
}

function verdict(failures: number, warnings: number): string {
  if (failures > 0) return `The bridge cannot do its job yet: ${failures} to mend, ${warnings} to look at.`;
  return warnings > 0 ? `The bridge can do its job; ${warnings} to look at.` : 'The bridge can do its job.';
}
