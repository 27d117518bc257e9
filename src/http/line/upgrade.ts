/**
 * Requests that want to leave HTTP for a WebSocket come through the same app as all others: the same gate, the same pace, the
 * same problems. Only a handler that has let one through takes the connection over.
 */

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Express } from 'express';

/** Not imported: see `../server.ts`. */
const http = process.getBuiltinModule('node:http');

/** For the other side to take a refusal and close, ms. */
const REFUSED_MS = 5_000;

interface Pending {
  res: ServerResponse;
  socket: Duplex;
  head: Buffer;
}

const pending = new WeakMap<IncomingMessage, Pending>();

/** For `createServer`: everything else with an Upgrade header is answered as if it had none. */
export function isUpgrade(path: string): (req: IncomingMessage) => boolean {
  return (req) =>
    req.method === 'GET' &&
    req.url?.split('?', 1)[0] === path &&
    req.headers.upgrade?.toLowerCase() === 'websocket';
}

/** Sends upgrade requests through the app. */
export function serveUpgrades(server: Server, app: Express): void {
  server.on('upgrade', (req: IncomingMessage, socket: Duplex, head: Buffer) => {
    // either side may break off at any time
    socket.on('error', () => socket.destroy());
    const res = new http.ServerResponse(req);
    res.shouldKeepAlive = false;
    res.assignSocket(socket as Parameters<ServerResponse['assignSocket']>[0]);
    pending.set(req, { res, socket, head });
    res.once('finish', () => {
      socket.end();
      setTimeout(() => socket.destroy(), REFUSED_MS).unref();
    });
    app(req, res);
  });
}

/** Takes the connection out of HTTP's hands; null when the request asked for no upgrade. */
export function takeOver(req: IncomingMessage): { socket: Duplex; head: Buffer } | null {
  const found = pending.get(req);
  if (found === undefined) return null;
  pending.delete(req);
  const { res, socket, head } = found;
  res.detachSocket(socket as Parameters<ServerResponse['detachSocket']>[0]);
  return { socket, head };
}
