/** A reverse proxy with a certificate of its own, as one stands before a bridge: HTTPS outside, HTTP inside, below a path. */

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TlsProxy {
  /** `https://localhost:port/bridge` */
  url: string;
  /** What who calls it must trust: for NODE_EXTRA_CA_CERTS. */
  certificateFile: string;
  /** How many connections were upgraded. */
  upgrades(): number;
  close(): Promise<void>;
}

const BELOW = '/bridge';

export async function startTlsProxy(target: string): Promise<TlsProxy> {
  const folder = mkdtempSync(join(tmpdir(), 'authen-bridge-tls-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const words =
    'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost';
  const names = ['-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', cert];
  execFileSync('openssl', [...words.split(' '), ...names], { stdio: 'ignore' });

  let upgrades = 0;
  const inner = ({ method, url = '', headers }: IncomingMessage) =>
    request(new URL(url.replace(BELOW, ''), target), {
      ...(method === undefined ? {} : { method }),
      headers: { ...headers, 'x-forwarded-for': '10.0.0.9' },
    });
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (req, res) => {
    const passed = inner(req);
    passed.on('response', (answer) => {
      res.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(res);
    });
    passed.on('error', () => res.destroy());
    req.pipe(passed);
  });
  server.on('upgrade', (req: IncomingMessage, socket) => {
    const passed = inner(req);
    passed.on('upgrade', (answer, through, head) => {
      upgrades += 1;
      const lines = Object.entries(answer.headers).map(([name, value]) => `${name}: ${value}`);
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('\r\n')}\r\n\r\n`);
      through.write(head);
      for (const end of [through, socket]) {
        end.on('error', () => end.destroy());
        end.on('close', () => {
          through.destroy();
          socket.destroy();
        });
      }
      through.pipe(socket).pipe(through);
    });
    passed.on('error', () => socket.destroy());
    passed.on('response', () => socket.destroy());
    passed.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `https://localhost:${(server.address() as AddressInfo).port}${BELOW}`,
    certificateFile: cert,
    upgrades: () => upgrades,
    async close() {
      server.closeAllConnections();
      server.close();
      rmSync(folder, { recursive: true });
    },
  };
}
