/** A client that writes whatever bytes it is told, and reads what comes until the other side is done or time is over. */

import { connect } from 'node:net';

export interface RawAnswer {
  /** Of the first answer; null when the line was closed without one. */
  status: number | null;
  /** Everything that came. */
  text: string;
  /** What was told to end the wait: the whole answer came, or the line was closed; or nothing of it in time. */
  ended: 'answered' | 'closed' | 'open';
}

export function sendRaw(url: string, bytes: Uint8Array | string, waitMs: number): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    const done = (ended: RawAnswer['ended']): void => {
      clearTimeout(timer);
      socket.destroy();
      const text = Buffer.concat(chunks).toString('utf8');
      const status = /^(?:HTTP\/1\.1 1\d\d [^\r]*\r\n\r\n)*HTTP\/1\.1 (\d{3})/.exec(text)?.[1];
      resolve({ status: status === undefined ? null : Number(status), text, ended });
    };
    const timer = setTimeout(() => done('open'), waitMs);
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      if (isWhole(Buffer.concat(chunks).toString('latin1'))) done('answered');
    });
    socket.on('error', () => done('closed'));
    socket.on('close', () => done('closed'));
  });
}

function isWhole(all: string): boolean {
  // what comes before the answer: "go on"
  const text = all.replace(/^(HTTP\/1\.1 1\d\d [^\r]*\r\n\r\n)+/, '');
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return false;
  if (/transfer-encoding: chunked/i.test(text.slice(0, end))) return text.endsWith('0\r\n\r\n');
  const length = /content-length: (\d+)/i.exec(text.slice(0, end))?.[1];
  return length !== undefined && text.length >= end + 4 + Number(length);
}
