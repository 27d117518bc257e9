/** Every row that could not be read, as a CSV that Excel opens with its Thai text whole. It holds nothing of the rows. */

import { closeSync, openSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import { BridgeError } from '../../domain/bridge-error.ts';
import type { ReportFault } from '../../service/ports/reported-codes.ts';

export interface ErrorList {
  add(row: number, faults: readonly ReportFault[]): void;
  close(): void;
}

const HEADER = ['row / แถว', 'column / คอลัมน์', 'what was expected', 'สิ่งที่ต้องเป็น'];

/** Made anew, and with its header alone when nothing is wrong. Throws BridgeError `bad-input`. */
export function openErrorList(path: string | undefined, report: string): ErrorList {
  if (path === undefined) return { add: () => undefined, close: () => undefined };
  // whatever is there is replaced: it must not be the report
  if (!/\.csv$/i.test(path) || resolve(path) === report) refuse('expected the name of a .csv file');
  const file = open(path);
  // by the mark Excel knows UTF-8
  writeSync(file, `\uFEFF${record(HEADER)}`);
  return {
    add(row, faults) {
      writeSync(
        file,
        faults.map((f) => record([String(row), f.column, f.expected.en, f.expected.th])).join(''),
      );
    },
    close: () => closeSync(file),
  };
}

function record(values: readonly string[]): string {
  return stringify([[...values]], { record_delimiter: 'windows' });
}

function open(path: string): number {
  try {
    return openSync(path, 'w');
  } catch (cause) {
    refuse(`${path} cannot be written (${(cause as NodeJS.ErrnoException).code ?? 'error'})`);
  }
}

function refuse(why: string): never {
  throw new BridgeError('bad-input', `--errors: ${why}`, { retry: 'no' });
}
