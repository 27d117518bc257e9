/** `npm run import-report -- report.xlsx`: takes the report that was downloaded from NHSO's site into the ledger. */

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename, resolve } from 'node:path';
import { type Command, createCommand } from 'commander';
import { openReport } from '../../adapters/nhso/report/open-report.ts';
import { openLedger } from '../../db/open-ledger.ts';
import { type Config, loadConfig } from '../config.ts';
import { BridgeError, isBridgeError } from '../domain/bridge-error.ts';
import { maskCitizenIds } from '../domain/citizen-id.ts';
import { type ImportSummary, importReport } from '../service/import-report.ts';
import type { Ledger } from '../service/ports/ledger.ts';
import type { NhsoReport } from '../service/ports/reported-codes.ts';
import { openErrorList } from './import-report/error-list.ts';
import { importProgress } from './import-report/progress.ts';
import { afterwards, badRows, counted } from './import-report/summary.ts';
import { CONFIG_OPTION } from './options.ts';
import { atKeyboard } from './user.ts';

const HELP = `
The report is the Excel file (.xlsx, 24 columns) of NHSO's Authen site. Its codes rest in the
ledger, where "npm run reconcile" finds them; nothing is written into the HIS. The same report may
be imported again, also after an import that was cut short: each code is taken once. Codes that
were cancelled at NHSO, and rows of other hospitals, do not count. The bridge need not be stopped.

รายงานจากเว็บ Authen ของ สปสช. (Excel .xlsx 24 คอลัมน์) นำเข้าซ้ำได้ รหัสเดิมจะไม่ถูกนับซ้ำ
ขั้นตอนนี้ไม่เขียนข้อมูลลง HIS

Exit code 0 when every row was taken or rightly left out; 1 when a row could not be read.
`;

interface ImportReportOptions {
  config: string;
  site?: string;
  dryRun: boolean;
  errors?: string;
}

export function importReportCommand(): Command {
  return createCommand('import-report')
    .description('takes a report that was downloaded from NHSO (.xlsx) into the ledger')
    .argument('<file>', 'the report')
    .option(...CONFIG_OPTION)
    .option('--site <hcode>', 'only rows of this site; otherwise of every site in the configuration')
    .option('--dry-run', 'say what would be taken, and take nothing', false)
    .option('--errors <file>', 'list every row that could not be read in a new .csv, which Excel opens')
    .addHelpText('after', HELP)
    .action(async (file: string, options: ImportReportOptions) => {
      const config = loadConfig(options.config, process.env);
      const hcodes = hcodesOf(config, options.site);
      const report = await named(file, () => openReport(file));
      try {
        const ledger = await openLedger(config.store);
        try {
          await ledger.migrate();
          const { bad } = await importInto(ledger, report, resolve(file), hcodes, options);
          process.exitCode = bad === 0 ? 0 : 1;
        } finally {
          await ledger.close();
        }
      } finally {
        report.close();
      }
    });
}

async function importInto(
  ledger: Ledger,
  report: NhsoReport,
  file: string,
  hcodes: ReadonlySet<string>,
  { dryRun, errors }: ImportReportOptions,
): Promise<ImportSummary> {
  const importedAt = Date.now();
  const list = openErrorList(errors, file);
  const note = dryRun ? async () => undefined : await auditor(ledger, file);
  const progress = importProgress(report);
  const shown = badRows();
  try {
    await note('begun');
    const lines = report.lines((hcode) => hcodes.has(hcode));
    const summary = await named(file, () =>
      importReport(lines, {
        ...{ store: ledger.reported, importedAt, isDryRun: dryRun },
        onBad(row, faults) {
          shown.add(row, faults);
          list.add(row, faults);
        },
        onProgress: progress.show,
      }),
    );
    await note(`${summary.rows} rows, ${summary.taken} taken, ${summary.bad} bad`);
    progress.clear();
    for (const line of shown.lines(errors)) console.log(line);
    for (const line of [...counted(nameOf(file), summary, dryRun), ...afterwards(summary, dryRun)])
      console.log(line);
    return summary;
  } finally {
    progress.clear();
    list.close();
  }
}

function hcodesOf({ sites }: Config, site: string | undefined): ReadonlySet<string> {
  const all = sites.map(({ hcode }) => hcode);
  if (site === undefined) return new Set(all);
  if (all.includes(site)) return new Set([site]);
  throw new BridgeError('bad-input', `--site: expected one of ${all.join(', ')}`, { retry: 'no' });
}

/** Who imported what: by its checksum, since a file's name may be anything. */
async function auditor(ledger: Ledger, file: string): Promise<(what: string) => Promise<void>> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  const resource = `NHSO report ${nameOf(file)}, sha256 ${hash.digest('hex')}`;
  return (what) =>
    ledger.audit({
      at: Date.now(),
      actor: atKeyboard(),
      action: 'import-report',
      resource: `${resource}: ${what}`,
    });
}

function nameOf(file: string): string {
  return maskCitizenIds(basename(file));
}

/** A refusal says what is wrong with a file; this, which. */
async function named<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isBridgeError(error, 'bad-input')) throw error;
    throw new BridgeError('bad-input', `${file}: ${error.message}`, { retry: 'no', cause: error });
  }
}
