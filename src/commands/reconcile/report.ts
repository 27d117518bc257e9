/** A run in the form that was asked for: a table or JSON on standard output, and a CSV file beside it. */

import { randomUUID } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { BridgeError } from '../../domain/bridge-error.ts';
import { reconciliationCsvHead, reconciliationCsvRows } from '../../http/reconciliation-csv.ts';
import { reconciliationItemJson, reconciliationJson } from '../../http/reconciliation-json.ts';
import type { Ledger } from '../../service/ports/ledger.ts';
import type { Reconciliation, ReconciliationItem } from '../../service/ports/reconciliations.ts';
import { everyItem } from '../../service/reconcile/items.ts';
import { runTable } from './table.ts';

export interface Form {
  csv?: string;
  json: boolean;
  all: boolean;
}

export async function report(
  ledger: Pick<Ledger, 'reconciliations'>,
  run: Reconciliation,
  { csv, json, all }: Form,
): Promise<void> {
  const items: ReconciliationItem[] = [];
  for await (const item of everyItem(ledger, run.id)) items.push(item);
  if (json) {
    const shown = items.map((item) => reconciliationItemJson(item, run));
    console.log(JSON.stringify({ ...reconciliationJson(run), items: shown, next: null }, null, 2));
  } else {
    const columns = process.stdout.isTTY ? process.stdout.columns : undefined;
    for (const line of runTable(run, items, { columns, all })) console.log(line);
  }
  if (csv === undefined) return;
  write(csv, reconciliationCsvHead() + reconciliationCsvRows(run, items));
  console.error(`${csv}: ${items.length.toLocaleString('en')} visits`);
}

/** Whole or not at all: somebody may have the last one open, or read this one as it is written. */
function write(file: string, text: string): void {
  const part = `${file}.${randomUUID()}.part`;
  try {
    writeFileSync(part, text);
    renameSync(part, file);
  } catch (cause) {
    rmSync(part, { force: true });
    const code = (cause as NodeJS.ErrnoException).code ?? 'error';
    const hint = code === 'EBUSY' || code === 'EPERM' ? '; is it open in a spreadsheet?' : '';
    throw new BridgeError('bad-input', `--csv: ${file} cannot be written (${code})${hint}`, {
      retry: 'no',
      cause,
    });
  }
}
