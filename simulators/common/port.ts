/** One real port that can be closed, opened again and left closed for a while, as a service on a machine is. */

import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A service as Windows sees it. */
export interface Service {
  stop(): Promise<void>;
  start(): Promise<void>;
  restart(seconds: number): Promise<void>;
}

export class Port implements Service {
  readonly #server: Server = createServer();
  readonly #host: string;
  #port: number;
  #closed = false;
  #restarting: NodeJS.Timeout | undefined;

  /** 0 takes a free one, and keeps it. */
  constructor(port: number, host: string) {
    this.#port = port;
    this.#host = host;
    // Tomcat's default; longer than Node's, so that a caller's own limit is what ends an idle connection
    this.#server.keepAliveTimeout = 20_000;
  }

  get number(): number {
    return this.#port;
  }

  get url(): string {
    return `http://${this.#host}:${this.#port}`;
  }

  serve(application: RequestListener): void {
    this.#server.on('request', application);
  }

  async start(): Promise<void> {
    clearTimeout(this.#restarting);
    if (this.#closed || this.#server.listening) return;
    await listen(this.#server, this.#port, this.#host);
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  stop(): Promise<void> {
    clearTimeout(this.#restarting);
    return new Promise((resolve) => {
      if (!this.#server.listening) return resolve();
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  /** Nobody listens for so many seconds. Resolves as soon as the port is closed. */
  async restart(seconds: number): Promise<void> {
    await this.stop();
    const startAgain = () => this.start().catch((error: unknown) => process.emitWarning(String(error)));
    this.#restarting = setTimeout(startAgain, seconds * 1000);
  }

  /** For good. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.stop();
  }
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
