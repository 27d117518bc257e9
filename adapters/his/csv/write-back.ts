/** A code for the HIS: given once a visit, written into the day's file, and read back from it. */

import { parseServiceDate } from '../../../src/domain/bangkok.ts';
import { BridgeError } from '../../../src/domain/bridge-error.ts';
import type { Visit } from '../../../src/domain/visit.ts';
import type { UndoRequest, WriteBackOutcome, WriteBackRequest } from '../../../src/service/ports/his.ts';
import { CodesFiles } from './codes-file.ts';
import type { Given, GivenCode } from './given.ts';

/** Another program may put its own file in the place of ours at the same moment. */
const TRIES = 3;

/**
 * `already` where the HIS has told of this very code, or the bridge has given it; `occupied` where either holds another one.
 * Throws BridgeError `his-unreachable` when the day's file is open in another program: the code is given, and the next try
 * writes it.
 */
export async function writeCode(
  { vn, claimCode, claimType, issuedAt }: WriteBackRequest,
  visit: Visit | null,
  given: Given,
  files: CodesFiles,
): Promise<WriteBackOutcome> {
  if (visit === null) return { kind: 'no-visit' };
  if (visit.code !== null && visit.code !== claimCode) return { kind: 'occupied', holds: visit.code };
  const standing = await given.of(vn);
  if (standing !== null) return asItStands(standing, claimCode, files);
  // the HIS had it before the bridge gave anything: not ours to take back
  if (visit.code !== null) return { kind: 'already' };
  const { hn, serviceDate } = visit;
  const code: GivenCode = { vn, hn, serviceDate, claimCode, claimType, issuedAt };
  if (!(await given.give(code))) {
    const other = await given.of(vn);
    if (other !== null) return asItStands(other, claimCode, files);
    throw new BridgeError('his-unreachable', 'another bridge is just giving a code for this visit', {
      retry: 'yes',
    });
  }
  if (await keep(code, files)) return { kind: 'written', row: rowName(code), previous: null };
  await given.withdraw(code);
  await files.update(serviceDate);
  return { kind: 'not-kept', holds: null };
}

/** True when the codes file held the code and now does not. */
export async function undoCode(
  { claimCode, row }: UndoRequest,
  given: Given,
  files: CodesFiles,
): Promise<boolean> {
  const serviceDate = parseServiceDate(row.service_date ?? '');
  const { vn } = row;
  if (row.file === undefined || vn === undefined || serviceDate === null) {
    throw new BridgeError('his-schema', 'undo: expected the row of a code in a file of codes/', {
      retry: 'no',
    });
  }
  const standing = await given.of(vn);
  if (standing?.claimCode !== claimCode || standing.serviceDate !== serviceDate) return false;
  // should the file be open in Excel, the next change of the day takes the row out
  const isTaken = await given.withdraw(standing);
  await files.update(serviceDate);
  return isTaken;
}

async function asItStands(
  standing: GivenCode,
  claimCode: string,
  files: CodesFiles,
): Promise<WriteBackOutcome> {
  if (standing.claimCode !== claimCode) return { kind: 'occupied', holds: standing.claimCode };
  // a process that was killed in between has given it without writing it
  return (await keep(standing, files))
    ? { kind: 'already', row: rowName(standing) }
    : { kind: 'not-kept', holds: null };
}

/** Sees to it that the day's file holds the code. */
async function keep(code: GivenCode, files: CodesFiles): Promise<boolean> {
  for (let n = 0; n < TRIES; n++) {
    if (await files.holds(code)) return true;
    await files.update(code.serviceDate);
  }
  return files.holds(code);
}

/** What undo must know. */
function rowName({ vn, serviceDate }: GivenCode): Record<string, string> {
  return { file: `codes/${CodesFiles.nameOf(serviceDate)}`, vn, service_date: serviceDate };
}
