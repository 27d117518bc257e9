/** Whether an address can be listened on. */

import { createServer } from 'node:net';

/** The system's word for what is in the way (`EADDRINUSE`); null when nothing is. */
export function tryToListen(host: string, port: number): Promise<string | null> {
  return new Promise((done) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
    server.listen({ host, port }, () => server.close(() => done(null)));
  });
}
