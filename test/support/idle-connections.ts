/** Connections that somebody holds open to a server and says nothing on, or never says what was begun. */

import { connect, type Socket } from 'node:net';

/** A process needs some for itself. */
const OWN_FILES = 1_000;
/** Dialled at a time. */
const TOGETHER = 200;
/** Of what the server has closed, so many are dialled again a second: someone who holds on, not a flood. */
const AGAIN_A_SECOND = 100;

export interface IdleConnections {
  /** How many were dialled and had. */
  readonly dialled: number;
  /** Those that the server has not closed. */
  held(): number;
  close(): void;
}

/** As many of the wanted number as this process may have files open. */
export function idleWithinLimit(wanted: number): number {
  const { userLimits } = process.report.getReport() as {
    userLimits?: { open_files?: { soft: number | string } };
  };
  const limit = Number(userLimits?.open_files?.soft ?? 1_024);
  return Number.isNaN(limit) ? wanted : Math.max(0, Math.min(wanted, limit - OWN_FILES));
}

/** Every other one is silent; the rest have begun a request and never end its headers. */
export async function holdIdle(url: string, count: number): Promise<IdleConnections> {
  const { hostname, port } = new URL(url);
  const open = new Set<Socket>();
  let dialled = 0;
  const dial = (): Promise<void> =>
    new Promise((resolve) => {
      const socket = connect(Number(port), hostname, () => {
        dialled += 1;
        if (dialled % 2 === 0) socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\nx-slow: ');
        resolve();
      });
      open.add(socket);
      // so that the server's goodbye is seen
      socket.resume();
      // closed by the server, or not had: either way it is one that is not there
      socket.on('error', () => undefined);
      socket.on('close', () => {
        open.delete(socket);
        resolve();
      });
    });
  for (let at = 0; at < count; at += TOGETHER) {
    await Promise.all(Array.from({ length: Math.min(TOGETHER, count - at) }, dial));
  }
  const first = dialled;
  const again = setInterval(() => {
    for (let i = 0; i < AGAIN_A_SECOND / 10 && open.size < count; i++) void dial();
  }, 100);
  return {
    dialled: first,
    held: () => open.size,
    close() {
      clearInterval(again);
      for (const socket of open) socket.destroy();
    },
  };
}
