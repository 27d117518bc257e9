/** The listening socket: what a slow, idle or numerous other side can do to it has an end. */

import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Express } from 'express';
import { isUpgrade, serveUpgrades } from './line/upgrade.ts';

/** Not imported: an ES import reads every export of node:http, some of which load a browser's worth of fetch (7 MB). */
const { createServer } = process.getBuiltinModule('node:http');

/** How long the other side may take. */
export const PATIENCE = {
  /** To send its headers, before the connection is cut (slowloris). */
  headersMs: 10_000,
  /** To send the whole request; the largest, with a photo, is 1.5 MB. */
  requestMs: 30_000,
  /** To take the answer, from when all of it lies ready; what is not taken stays in memory. */
  answerMs: 30_000,
};
/** Longer than the idle time of the usual reverse proxies' connections is of no use, shorter makes them stumble. */
const KEEP_ALIVE_MS = 65_000;
/** How often the above are looked at. */
const CHECK_MS = 2_000;
const HEADER_BYTES = 8 * 1024;
/** Far more than a hospital has counters, and far fewer than a process has file handles. */
const CONNECTIONS = 1_000;

export interface ListenOptions {
  host: string;
  /** 0: any free one. */
  port: number;
  /** Connections at a time; 1,000 unless said otherwise. */
  connections?: number;
  /** The one path whose requests may leave HTTP; none when left out. */
  upgrades?: string;
  /** {@link PATIENCE} unless said otherwise. */
  patience?: Partial<typeof PATIENCE>;
}

export interface Listening {
  host: string;
  port: number;
  /** `http://127.0.0.1:8080` */
  url: string;
  /**
   * Takes nothing new, lets requests in hand end for `graceMs` (5 s unless said otherwise), then cuts them. Connections that
   * have left HTTP go on: they are for who took them over to end.
   */
  close(graceMs?: number): Promise<void>;
}

/** Rejects with the system's error (`EADDRINUSE`, `EACCES`) when the address cannot be had. */
export async function listen(app: Express, options: ListenOptions): Promise<Listening> {
  const patience = { ...PATIENCE, ...options.patience };
  const server = createServer(
    {
      headersTimeout: patience.headersMs,
      requestTimeout: patience.requestMs,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: CHECK_MS,
      maxHeaderSize: HEADER_BYTES,
      shouldUpgradeCallback: options.upgrades === undefined ? () => false : isUpgrade(options.upgrades),
    },
    app,
  );
  const room = keepRoom(server, options.connections ?? CONNECTIONS);
  serveUpgrades(server, app);
  cutWhoDoesNotRead(server, patience.answerMs);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: options.host, port: options.port }, resolve);
  });
  const { address, port, family } = server.address() as AddressInfo;
  const host = family === 'IPv6' ? `[${address}]` : address;
  return {
    ...{ host: address, port, url: `http://${host}:${port}` },
    close: (graceMs) => close(server, room, graceMs),
  };
}

/**
 * When all places are taken, the connection that has been idle longest makes room. So ten thousand idle ones take
 * nothing from a reader that has something to say.
 */
function keepRoom(server: Server, places: number): Room {
  /** Connections without a request in hand, longest first. */
  const idle = new Set<Socket>();
  let open = 0;
  /** Those that asked to leave HTTP, and have left it unless they were refused. */
  const left = new Set<Socket>();
  let onEmpty: (() => void) | null = null;
  const look = (): void => {
    if (open === left.size) onEmpty?.();
  };
  server.on('connection', (socket) => {
    open += 1;
    idle.add(socket);
    socket.once('close', () => {
      open -= 1;
      idle.delete(socket);
      left.delete(socket);
      look();
    });
    if (open <= places) return;
    const longest = idle.values().next().value ?? socket;
    idle.delete(longest);
    longest.destroy();
  });
  server.on('request', (req, res) => {
    idle.delete(req.socket);
    res.once('close', () => {
      if (!req.socket.destroyed) idle.add(req.socket);
    });
  });
  server.on('upgrade', (req) => {
    idle.delete(req.socket);
    left.add(req.socket);
    look();
  });
  return {
    emptied: () =>
      new Promise((resolve) => {
        onEmpty = resolve;
        look();
      }),
  };
}

interface Room {
  /** No connection that speaks HTTP is left. */
  emptied(): Promise<void>;
}

/** Node has a time for what comes in and for idle connections, but none for an answer that nobody takes. */
function cutWhoDoesNotRead(server: Server, answerMs: number): void {
  /** Answers in hand; since when all of it waits to be taken. */
  const inHand = new Map<ServerResponse, number | null>();
  server.on('request', (_req, res) => {
    inHand.set(res, null);
    res.once('close', () => inHand.delete(res));
  });
  const look = setInterval(() => {
    const now = performance.now();
    for (const [res, since] of inHand) {
      // without a socket it still waits for the answer before it on the same connection
      if (!res.writableEnded || res.socket === null) continue;
      if (since === null) inHand.set(res, now);
      else if (now - since > answerMs) res.destroy();
    }
  }, CHECK_MS);
  look.unref();
  server.once('close', () => clearInterval(look));
}

async function close(server: Server, room: Room, graceMs = 5_000): Promise<void> {
  server.close();
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  // one whose request ends from now on would stay for its keep-alive time
  const sweep = setInterval(() => server.closeIdleConnections(), 100);
  await room.emptied();
  clearTimeout(cut);
  clearInterval(sweep);
}
