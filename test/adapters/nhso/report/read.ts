/** Reads a file of these bytes as a report, and holds what comes of it to the port: lines, or a refusal with a next step. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { openReport } from '../../../../adapters/nhso/report/open-report.ts';
import { BridgeError } from '../../../../src/domain/bridge-error.ts';
import type { ImportedCode, ReportLine } from '../../../../src/service/ports/reported-codes.ts';

/** Longer than any small file takes on a machine that is busy, ms. */
const PATIENCE_MS = 20_000;

export async function readAt(path: string, ours: readonly string[] = ['10978']): Promise<ReportLine[]> {
  const report = await openReport(path);
  try {
    const lines: ReportLine[] = [];
    for await (const line of report.lines((hcode) => ours.includes(hcode))) lines.push(line);
    return lines;
  } finally {
    report.close();
  }
}

export async function readBytes(bytes: Uint8Array, name = 'report.xlsx'): Promise<ReportLine[]> {
  const folder = mkdtempSync(join(tmpdir(), 'authen-bridge-report-'));
  try {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return await readAt(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function codesIn(lines: readonly ReportLine[]): ImportedCode[] {
  return lines.flatMap((line) => (line.kind === 'code' ? [line.code] : []));
}

/** Column and row of everything that is wrong. */
export function faultsIn(lines: readonly ReportLine[]): string[] {
  return lines.flatMap((line) =>
    line.kind === 'bad' ? line.faults.map((fault) => `${line.row} ${fault.column}`) : [],
  );
}

/** The refusal of a file: in English and Thai, about the file alone. */
export async function refusalOf(reading: Promise<unknown>): Promise<BridgeError> {
  const error = await reading.then(
    () => new Error('was not refused'),
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(BridgeError);
  const refusal = error as BridgeError;
  expect(refusal).toMatchObject({ code: 'bad-input', retry: 'no' });
  expect(refusal.message).toMatch(/^[A-Z][\s\S]+\.\n {2}[\s\S]*[\u0e00-\u0e7f]{3}/);
  return refusal;
}

/** Whatever the bytes are: lines of the port's shape or a refusal, soon. Says which. */
export async function judge(bytes: Uint8Array, name?: string): Promise<'lines' | 'refused'> {
  const begun = performance.now();
  let lines: ReportLine[] = [];
  let outcome: 'lines' | 'refused' = 'lines';
  try {
    lines = await readBytes(bytes, name);
  } catch (error) {
    outcome = 'refused';
    await refusalOf(Promise.reject(error));
    expect((error as Error).message).not.toMatch(/\d{13}/);
  }
  expect(performance.now() - begun).toBeLessThan(PATIENCE_MS);
  let row = 0;
  for (const line of lines) {
    expect(line.row).toBeGreaterThan(0);
    expect(Number.isInteger(line.row)).toBe(true);
    row = line.row;
    if (line.kind === 'bad') {
      expect(line.faults.length, String(row)).toBeGreaterThan(0);
      expect(JSON.stringify(line.faults)).not.toMatch(/\d{13}/);
    }
    if (line.kind === 'code') mustBeCode(line.code);
  }
  return outcome;
}

function mustBeCode(code: ImportedCode): void {
  expect(code.pid).toMatch(/^\d{13}$/);
  expect(code.hcode).toBe('10978');
  expect(code.claimCode).toMatch(/^[A-Za-z0-9-]{4,20}$/);
  expect(code.claimType ?? 'PG').toMatch(/^[A-Za-z0-9_-]{2,20}$/);
  expect(code.serviceDate).toMatch(/^2[01]\d\d-\d\d-\d\d$/);
  expect(Number.isSafeInteger(code.issuedAt)).toBe(true);
  expect(code.channel ?? 'x').toMatch(/^[^\p{Cc}]{1,60}$/u);
  expect((code.channel ?? '').isWellFormed()).toBe(true);
  expect(code.channel ?? '').not.toMatch(/\d{13}/);
}
