/** `npm run simulate -- nhso-report`: a report as hospitals download it from NHSO's site. */

import { Command } from 'commander';
import { oneOf, share, wholeNumber } from '../common/options.ts';
import { type InventOptions, inventRows } from './invent.ts';
import { type WorkbookOptions, writeWorkbook } from './workbook.ts';

interface CliOptions extends InventOptions {
  out: string;
  strings: NonNullable<WorkbookOptions['strings']>;
  title?: string;
}

/** The command; mount it with `program.addCommand(nhsoReportCommand())`. */
export function nhsoReportCommand(): Command {
  return new Command('nhso-report')
    .description("NHSO's report of authen codes as an Excel file of 24 columns; all invented")
    .requiredOption('--out <file>', 'file to write, .xlsx')
    .option('--rows <n>', 'rows below the column titles', wholeNumber, 1000)
    .option('--hcode <hcode>', 'hospital', '10978')
    .option('--from <date>', 'first service date', '2026-11-01')
    .option('--days <n>', 'service dates from then on', wholeNumber, 30)
    .option('--seed <n>', 'the same seed gives the same rows', wholeNumber, 1)
    .option('--cancelled <share>', 'rows that were cancelled, of 1', share, 0.02)
    .option('--ep <share>', 'rows with a close-visit code', share, 0.05)
    .option('--other-hospital <share>', 'rows of other hospitals', share, 0.01)
    .option(
      '--strings <how>',
      'inline as POI writes, shared as Excel does',
      oneOf('inline', 'shared'),
      'inline',
    )
    .option('--title <text>', 'a title in a row of its own before the column titles')
    .action(run);
}

async function run({ out, strings, title, ...invent }: CliOptions): Promise<void> {
  const started = performance.now();
  await writeWorkbook(out, () => inventRows(invent), { strings, title });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${out}: ${invent.rows} rows, ${strings} strings, ${seconds} s`);
}
