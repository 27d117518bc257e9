/**
 * How far a run is, on standard error, so that standard output holds the result alone: a bar on a terminal, else a plain
 * line every ten seconds for whoever follows a log.
 */

import type { SingleBar } from 'cli-progress';

/** Between two plain lines, ms. */
const LINE_EVERY_MS = 10_000;
/** Steps over which the bar averages its estimate: calls to NHSO differ, and visits that need none take no time. */
const ESTIMATE_OVER = 100;

export interface Progress {
  /** `done` of `total` visits have been said something of. */
  show(done: number, total: number): void;
  end(): void;
}

export async function openProgress(what: string): Promise<Progress> {
  return process.stderr.isTTY ? bar(await newBar(what)) : lines(what);
}

async function newBar(what: string): Promise<SingleBar> {
  const { default: cliProgress } = await import('cli-progress');
  return new cliProgress.SingleBar({
    format: `${what} [{bar}] {value}/{total} visits, {eta_formatted} to go`,
    ...{ barCompleteChar: '#', barIncompleteChar: '.', barsize: 30 },
    ...{
      stream: process.stderr,
      clearOnComplete: true,
      etaBuffer: ESTIMATE_OVER,
      etaAsynchronousUpdate: true,
    },
    // Ctrl-C is the command's own affair: it lets what is in hand end
    gracefulExit: false,
  });
}

function bar(shown: SingleBar): Progress {
  let isStarted = false;
  return {
    show(done, total) {
      if (!isStarted) shown.start(total, done);
      isStarted = true;
      shown.setTotal(total);
      shown.update(done);
    },
    end: () => shown.stop(),
  };
}

function lines(what: string): Progress {
  const began = performance.now();
  let first: number | null = null;
  let told = began;
  return {
    show(done, total) {
      first ??= done;
      const now = performance.now();
      if (now - told < LINE_EVERY_MS) return;
      told = now;
      const advanced = done - first;
      const left = advanced === 0 ? '' : `, ${duration(((now - began) / advanced) * (total - done))} to go`;
      process.stderr.write(`${what}: ${done} of ${total} visits${left}\n`);
    },
    end: () => undefined,
  };
}

function duration(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
