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

/** Until the process ends. Does nothing in a Node without `--expose-gc`, which src/launch.mjs gives. */
export function collectWhenIdle(everyMs = EVERY_MS): void {
  const { gc } = globalThis;
  if (gc === undefined) return;
  let atLast = 0;
  let restUntil = 0;
  let cpu = process.cpuUsage();
  const look = (): void => {
    const { user, system } = process.cpuUsage(cpu);
    cpu = process.cpuUsage();
    const isBusy = (user + system) / 1000 > everyMs * IDLE;
    if (isBusy || performance.now() < restUntil || process.memoryUsage().heapUsed < atLast + GROWN) return;
    gc({ execution: 'sync', flavor: 'last-resort', type: 'major' });
    atLast = process.memoryUsage().heapUsed;
    const took = process.cpuUsage(cpu);
    restUntil = performance.now() + (took.user + took.system) / 1000 / SHARE;
    cpu = process.cpuUsage();
  };
  setInterval(look, everyMs).unref();
}
