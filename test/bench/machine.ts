/** The machine on which it was measured, and who else was busy on it meanwhile. */

import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem, type } from 'node:os';

/** Linux counts CPU time in hundredths of a second wherever programs can see it. */
const TICKS_PER_SECOND = 100;

export function machineFacts(): Record<string, string | number> {
  return {
    at: new Date().toISOString(),
    system: `${type()} ${release()}`,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    load1: Math.round((loadavg()[0] ?? 0) * 100) / 100,
  };
}

/** CPU seconds that a process has used so far; null where the system does not tell. */
function cpuSecondsOf(pid: number | null): number | null {
  const stat = pid === null ? null : readProc(`/proc/${pid}/stat`);
  // the name in brackets may hold blanks
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields === undefined ? null : (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Resident memory of a process now, and its highest so far, in MB; null where the system does not tell. */
export function memoryOf(pid: number): { now: number; highest: number } | null {
  const status = readProc(`/proc/${pid}/status`);
  const mb = (key: string): number =>
    Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(status ?? '')?.[1]) / 1024;
  return status === null ? null : { now: mb('VmRSS'), highest: mb('VmHWM') };
}

export interface CpuUse {
  seconds: number;
  /** CPU seconds of each process; null where the system does not tell. */
  ours: Record<string, number | null>;
  /** Share (0…1) of the whole machine that was busy with something that is not in `ours`. */
  others: number;
}

/** Begins to watch; call what it returns at the end. `pids`: processes that take part, by name. */
export function watchCpu(pids: Readonly<Record<string, number | null>>): () => CpuUse {
  const begun = performance.now();
  const before = busyAndAll();
  const first = Object.entries(pids).map(([name, pid]) => [name, pid, cpuSecondsOf(pid)] as const);
  return () => {
    const after = busyAndAll();
    const ours = first.map(([name, pid, from]): [string, number | null] => {
      const to = cpuSecondsOf(pid);
      return [name, from === null || to === null ? null : to - from];
    });
    const known = ours.reduce((sum, [, seconds]) => sum + (seconds ?? 0), 0);
    const busy = after.busy - before.busy;
    return {
      seconds: (performance.now() - begun) / 1000,
      ours: Object.fromEntries(ours),
      others: Math.max(0, busy - known) / Math.max(0.001, after.all - before.all),
    };
  };
}

/** Seconds over all cores since the machine was started. */
function busyAndAll(): { busy: number; all: number } {
  const times = cpus().map((cpu) => cpu.times);
  const sum = (of: (t: (typeof times)[number]) => number): number =>
    times.reduce((total, t) => total + of(t), 0) / 1000;
  return {
    busy: sum((t) => t.user + t.nice + t.sys + t.irq),
    all: sum((t) => t.user + t.nice + t.sys + t.irq + t.idle),
  };
}

function readProc(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null; // no Linux, or the process is gone
  }
}
