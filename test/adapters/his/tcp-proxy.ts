/** A wire between the adapter and its database that can be cut, held, or made to lose one answer. */

import { connect, createServer, type Server, type Socket } from 'node:net';

export class TcpProxy {
  #sockets = new Set<Socket>();
  #held = false;
  #losing: { words: string; after: number } | null = null;
  readonly #server: Server;
  /** The database's URL by way of this proxy. */
  readonly url: string;

  private constructor(server: Server, url: string) {
    this.#server = server;
    this.url = url;
  }

  static async to(target: string): Promise<TcpProxy> {
    const url = new URL(target);
    const port = Number(url.port);
    let proxy: TcpProxy | null = null;
    const server = createServer((client) => proxy?.accept(client, url.hostname, port));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const via = new URL(target);
    via.hostname = '127.0.0.1';
    via.port = String((server.address() as { port: number }).port);
    proxy = new TcpProxy(server, via.href);
    return proxy;
  }

  /** Everything that is open breaks; new connections work. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Nothing comes through any more, and nobody is told: a half-open connection. */
  hold(held: boolean): void {
    this.#held = held;
  }

  /**
   * The database gets the statement that holds `words`, does it, and the connection breaks before its answer comes.
   * `after`: how many packets follow the one with the words before the work is done (MySQL prepares first).
   */
  loseAnswerTo(words: string, after: number): void {
    this.#losing = { words, after };
  }

  accept(client: Socket, host: string, port: number): void {
    const server = connect(port, host);
    let lost = false;
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        this.#sockets.delete(socket);
        client.destroy();
        server.destroy();
      });
    }
    client.on('data', (data) => {
      if (this.#held) return;
      server.write(data);
      const losing = this.#losing;
      if (losing === null) return;
      if (losing.words !== '' && !data.includes(losing.words)) return;
      if (losing.after > 0) {
        this.#losing = { words: '', after: losing.after - 1 };
        return;
      }
      this.#losing = null;
      lost = true;
      setTimeout(() => client.destroy(), 300);
    });
    server.on('data', (data) => {
      if (!this.#held && !lost) client.write(data);
    });
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
