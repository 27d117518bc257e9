/** `doctor` at a folder: what was looked at, in plain words, with the next step where something is missing. */

import { readdir, stat, statfs } from 'node:fs/promises';
import path from 'node:path';
import { bangkokIso } from '../../../src/domain/bangkok.ts';
import { isBridgeError } from '../../../src/domain/bridge-error.ts';
import type { Finding } from '../../../src/service/ports/finding.ts';
import type { CsvOptions } from '../options.ts';
import {
  type Folders,
  folderError,
  makeFolders,
  mustBeThere,
  serverClockOffset,
  tryRename,
} from './folders.ts';
import type { VisitIndex } from './visit-index.ts';

const CLOCK_WARN_MS = 60_000;
const SPACE_WARN = 500e6;
const SPACE_FAIL = 50e6;
/** Without a file for so long on an open day something is wrong at the HIS. */
const QUIET_MS = 24 * 3_600_000;

type Standing = { index: VisitIndex; waiting: { files: number; locked: readonly string[] } };

export async function checkCsv(
  folders: Folders,
  options: CsvOptions,
  read: () => Promise<Standing>,
): Promise<Finding[]> {
  try {
    await mustBeThere(folders);
    await makeFolders(folders);
  } catch (error) {
    return [
      {
        check: 'his-reachable',
        level: 'fail',
        message: messageOf(error, folders.root),
        fix: 'Make the folder, mount the share, or correct his.folder; the account that the bridge runs under must read and write in it.',
      },
    ];
  }
  const findings: Finding[] = [
    { check: 'his-reachable', level: 'ok', message: `the folder ${folders.root} is there` },
    ...(await checkRights(folders, options)),
    ...(await checkSpace(folders)),
    ...(await checkClock(folders)),
  ];
  if (findings.some((finding) => finding.level === 'fail')) return findings;
  try {
    const standing = await read();
    return [...findings, ...checkFiles(standing), ...(await checkRefused(folders))];
  } catch (error) {
    if (!isBridgeError(error)) throw error;
    return [...findings, { check: 'his-answers', level: 'fail', message: error.message }];
  }
}

async function checkRights(folders: Folders, { afterReading }: CsvOptions): Promise<Finding[]> {
  const needed = [folders.read, folders.refused, folders.codes, folders.given];
  if (afterReading === 'move') needed.unshift(folders.visits);
  const findings: Finding[] = [];
  for (const folder of needed) {
    try {
      await tryRename(folder);
    } catch (error) {
      findings.push({
        check: 'his-folder-rights',
        level: 'fail',
        message: messageOf(error, folder),
        fix: `Let the account that the bridge runs under create, rename and delete files in ${folder}.`,
      });
    }
  }
  if (findings.length > 0) return findings;
  return [{ check: 'his-folder-rights', level: 'ok', message: 'files can be made, renamed and removed' }];
}

async function checkSpace({ root }: Folders): Promise<Finding[]> {
  let free: number;
  try {
    const { bavail, bsize } = await statfs(root);
    free = bavail * bsize;
  } catch {
    // not every share says it
    return [];
  }
  const message = `${Math.floor(free / 1e6)} MB are free`;
  if (free >= SPACE_WARN) return [{ check: 'his-space', level: 'ok', message }];
  const fix = 'Make room on the disk: codes cannot be given back when it is full.';
  return [{ check: 'his-space', level: free < SPACE_FAIL ? 'fail' : 'warn', message, fix }];
}

async function checkClock(folders: Folders): Promise<Finding[]> {
  let off: number;
  try {
    off = await serverClockOffset(folders);
  } catch (error) {
    return [{ check: 'his-clock', level: 'warn', message: messageOf(error, folders.own) }];
  }
  const seconds = Math.round(Math.abs(off) / 1000);
  if (Math.abs(off) <= CLOCK_WARN_MS) {
    return [
      { check: 'his-clock', level: 'ok', message: `the file server's clock agrees (${seconds} s apart)` },
    ];
  }
  return [
    {
      check: 'his-clock',
      level: 'warn',
      message: `the file server's clock is ${seconds} s ${off > 0 ? 'ahead of' : 'behind'} this machine's`,
      fix: 'Set both to the same time server (NTP): of two files that tell of one visit the later one counts.',
    },
  ];
}

function checkFiles({ index, waiting }: Standing): Finding[] {
  const { files, at } = index.lastRead();
  const findings: Finding[] = [];
  if (at === null) {
    findings.push({
      check: 'his-files',
      level: 'warn',
      message: 'no file has been read yet',
      fix: 'Drop a file with visits into the folder "visits"; docs/his-csv.md shows one.',
    });
  } else {
    const isQuiet = Date.now() - at > QUIET_MS;
    const message = `${files} files read, the last at ${bangkokIso(at)}`;
    const quiet = {
      level: 'warn',
      fix: 'See whether the HIS still writes its files into "visits".',
    } as const;
    findings.push({ check: 'his-files', message, ...(isQuiet ? quiet : { level: 'ok' }) });
  }
  if (waiting.locked.length > 0) {
    findings.push({
      check: 'his-files-locked',
      level: 'warn',
      message: `${waiting.locked.length} files in "visits" cannot be opened`,
      fix: 'Close them in Excel, or let the account that the bridge runs under read them.',
    });
  } else if (waiting.files > 0) {
    const message = `${waiting.files} files are still being written, or wait for a whole last row`;
    findings.push({ check: 'his-files-waiting', level: 'ok', message });
  }
  return findings;
}

async function checkRefused({ refused }: Folders): Promise<Finding[]> {
  const names = await readdir(refused);
  if (names.length === 0) return [{ check: 'his-refused', level: 'ok', message: 'no file was refused' }];
  let newest = 0;
  for (const name of names) newest = Math.max(newest, (await stat(path.join(refused, name))).mtimeMs);
  return [
    {
      check: 'his-refused',
      level: 'warn',
      message: `${names.filter((name) => name.endsWith('.txt')).length} reports in "refused", the newest of ${bangkokIso(newest)}`,
      fix: `Read the .txt files in ${refused}, correct the files, drop them into "visits" again, and remove the reports.`,
    },
  ];
}

function messageOf(error: unknown, folder: string): string {
  return folderError(error, `the folder ${folder}`).message;
}
