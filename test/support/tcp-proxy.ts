/** A line between two programs that can be cut at any byte, held, or made to lose an answer. */

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

interface Line {
  client: Socket;
  server: Socket;
}

/**
 * Told of each piece that a client sends. `before` cuts the line without passing the piece on; `after` passes it on,
 * lets no answer through and cuts then.
 */
export type Cutter = (piece: Buffer) => 'before' | 'after' | null;

/** What a server may take to do what it was sent before its caller is gone, ms. */
const WORK_MS = 300;

export class TcpProxy {
  /** Where new lines lead. */
  target: { host: string; port: number };
  cutter: Cutter | null = null;
  #isShut = false;
  #isHeld = false;
  #left = Number.POSITIVE_INFINITY;
  /** How often {@link cutAfter} has cut. */
  cuts = 0;
  readonly #server: Server;
  readonly #lines = new Set<Line>();

  private constructor(target: { host: string; port: number }) {
    this.target = target;
    this.#server = createServer((client) => this.#join(client));
  }

  /** To where a URL leads. */
  static async to(url: string): Promise<TcpProxy> {
    const proxy = new TcpProxy(addressOf(url));
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  /** The same URL by way of this proxy. */
  through(url: string): string {
    const { port } = this.#server.address() as AddressInfo;
    const by = new URL(url);
    by.hostname = '127.0.0.1';
    by.port = String(port);
    return by.href;
  }

  leadTo(url: string): void {
    this.target = addressOf(url);
  }

  /** Everything that is open breaks; new lines work. */
  cut(): void {
    for (const line of this.#lines) this.#end(line);
  }

  /** Lets so many more bytes through, whichever way they go; then everything that is open breaks, in the middle of a piece. */
  cutAfter(bytes: number): void {
    this.#left = bytes;
  }

  /** Everything breaks, and nobody gets through until it is opened again. */
  shut(isShut: boolean): void {
    this.#isShut = isShut;
    if (isShut) this.cut();
  }

  /** Nothing comes through any more, and nobody is told: a half-open connection. */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
  }

  /**
   * The server gets what holds `words`, does it, and the line breaks before its answer comes. `after`: how many pieces
   * follow the one with the words before the work is done (MySQL prepares first).
   */
  loseAnswerTo(words: string, after: number): void {
    let left: number | null = null;
    this.cutter = (piece) => {
      if (left === null && piece.includes(words)) left = after;
      else if (left !== null) left -= 1;
      if (left !== 0) return null;
      this.cutter = null;
      return 'after';
    };
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(client: Socket): void {
    if (this.#isShut) {
      client.resetAndDestroy();
      return;
    }
    const server = connect(this.target);
    const line = { client, server };
    let isLost = false;
    this.#lines.add(line);
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      // either end may break in any way: that is what this is for
      socket.on('error', () => this.#end(line));
      socket.on('close', () => this.#end(line));
    }
    client.on('data', (piece) => {
      if (this.#isHeld) return;
      const cut = this.cutter?.(piece) ?? null;
      if (cut === 'before') return this.#end(line);
      this.#pass(piece, server);
      if (cut === null) return;
      isLost = true;
      setTimeout(() => this.#end(line), WORK_MS);
    });
    server.on('data', (piece) => {
      if (!this.#isHeld && !isLost) this.#pass(piece, client);
    });
  }

  #pass(piece: Buffer, to: Socket): void {
    if (piece.length < this.#left) {
      this.#left -= piece.length;
      to.write(piece);
      return;
    }
    const last = piece.subarray(0, this.#left);
    this.#left = Number.POSITIVE_INFINITY;
    this.cuts += 1;
    // what was let through is let through: the line breaks behind it
    if (to.destroyed) this.cut();
    else to.write(last, () => this.cut());
  }

  #end(line: Line): void {
    this.#lines.delete(line);
    line.client.destroy();
    line.server.destroy();
  }
}

function addressOf(url: string): { host: string; port: number } {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port) };
}
