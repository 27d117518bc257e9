/** A bare TCP server that answers each request with whatever the test says, and remembers what it was sent. */

import { createServer, type Socket } from 'node:net';

export interface RawServer {
  url: string;
  /** Whole requests in the order in which they came. */
  requests: string[];
  close(): Promise<void>;
}

export type Answerer = (socket: Socket, request: string, nth: number) => void;

export async function rawServer(answer: Answerer): Promise<RawServer> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // a caller that gives up resets the line; that is its right
    socket.on('error', () => socket.destroy());
    let pending = '';
    socket.on('data', (chunk) => {
      pending += chunk.toString('utf8');
      for (let whole = firstRequest(pending); whole !== null; whole = firstRequest(pending)) {
        pending = pending.slice(whole.length);
        requests.push(whole);
        answer(socket, whole, requests.length);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** A whole, well-formed HTTP answer. */
export function http(status: number, body: string, contentType: string | null = 'application/json'): string {
  const type = contentType === null ? '' : `content-type: ${contentType}\r\n`;
  return `HTTP/1.1 ${status} X\r\n${type}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

function firstRequest(text: string): string | null {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const length = Number(/content-length: (\d+)/i.exec(text.slice(0, end))?.[1] ?? 0);
  return text.length >= end + 4 + length ? text.slice(0, end + 4 + length) : null;
}
