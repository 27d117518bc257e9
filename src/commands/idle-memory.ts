/**
 * Gives memory back when there is time for it. V8 collects when the heap has grown by its share, so after a rush the
 * rubbish of the rush would stay for hours; while the process has little to do, a full collection (some 0.1 s) harms
 * nobody.
 */

const EVERY_MS = 5_000;
/** Busy above this share of a core: whoever works now must not be held up. */
const IDLE = 0.2;
/** Bytes of heap that make it worth while. */
const GROWN = 8 * 1024 * 1024;
/** Collections take at most this share of a core: with a hundred sites there is something new in every few seconds. */
const SHARE = 0.005;
/** What may be saved up of it, ms: after a long rest several rushes are cleared away at once, and so is the one after a start. */
const SAVED_MS = 1_000;

/** Until the process ends. Does nothing in a Node without `--expose-gc`, which src/launch.mjs gives. */
export function collectWhenIdle(everyMs = EVERY_MS): void {
  const { gc } = globalThis;
  if (gc === undefined) return;
  let atLast = 0;
  let left = SAVED_MS;
  let cpu = process.cpuUsage();
  const look = (): void => {
    const { user, system } = process.cpuUsage(cpu);
    cpu = process.cpuUsage();
    left = Math.min(SAVED_MS, left + everyMs * SHARE);
    const isBusy = (user + system) / 1000 > everyMs * IDLE;
    if (isBusy || left <= 0 || process.memoryUsage().heapUsed < atLast + GROWN) return;
    gc({ execution: 'sync', flavor: 'last-resort', type: 'major' });
    atLast = process.memoryUsage().heapUsed;
    const took = process.cpuUsage(cpu);
    left -= (took.user + took.system) / 1000;
    cpu = process.cpuUsage();
  };
  setInterval(look, everyMs).unref();
}
