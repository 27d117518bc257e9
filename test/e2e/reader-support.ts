/** A counter for tests: a real reader process, and the other end of its line, which records what arrives. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CardReadMessage } from '../../src/domain/card-read.ts';
import { programEnv } from '../support/program-env.ts';

/**
 * What becomes of one request.
 * - `take`: 201, or 200 for a duplicate · a number: that status, nothing taken
 * - `drop`: the line breaks before anything is taken · `lose`: taken, then the line breaks
 */
export type Mood = 'take' | 'drop' | 'lose' | number;

/** The protocol of `POST /api/card-reads`, without a bridge behind it. */
export class RecordingBridge {
  readonly taken: CardReadMessage[] = [];
  /** Every request, also those that were not taken. */
  requests = 0;
  nhso: 'up' | 'down' = 'up';
  /** Added to the clock that the answers are dated by, ms. */
  clockOffsetMs = 0;
  mood: (message: CardReadMessage) => Mood = () => 'take';
  readonly #server: Server = createServer((req, res) => void this.#answer(req, res));
  #port = 0;

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #greeted(res: ServerResponse): void {
    res.writeHead(200, this.#head()).end('{"status":"ok","uptimeSeconds":1}');
  }

  #head(): Record<string, string> {
    const date = new Date(Date.now() + this.clockOffsetMs).toUTCString();
    return { 'content-type': 'application/json', date };
  }

  async #answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    if (req.url === '/api/agent-line') {
      // this one carries nothing
      res.writeHead(404, { 'content-type': 'application/json' }).end('{"detail":"no such address"}');
      return;
    }
    let body = '';
    for await (const chunk of req) body += chunk;
    if (req.url === '/healthz') return this.#greeted(res);
    this.requests += 1;
    if (req.url !== '/api/card-reads' || req.headers.authorization !== 'Bearer test-key') {
      res.writeHead(401, this.#head()).end('{"message":"unknown key"}');
      return;
    }
    const message = JSON.parse(body) as CardReadMessage;
    const mood = this.mood(message);
    if (mood === 'drop') return void req.socket.destroy();
    if (typeof mood === 'number') {
      const code = mood === 400 ? 'bad-input' : 'other';
      res.writeHead(mood, this.#head()).end(JSON.stringify({ code, detail: `answered with ${mood}` }));
      return;
    }
    const duplicate = this.taken.some((m) => m.id === message.id);
    if (!duplicate) this.taken.push(message);
    if (mood === 'lose') return void req.socket.destroy();
    const receipt = { id: message.id, duplicate, paired: null, nhso: this.nhso };
    res.writeHead(duplicate ? 200 : 201, this.#head()).end(JSON.stringify(receipt));
  }
}

/** A reader process. `lines` holds its status lines without the time, `output` all it wrote. */
export class ReaderProcess {
  readonly #child: ChildProcess;
  output = '';
  errors = '';

  /** `cwd`: where the program lies; this one when left out. */
  constructor(
    args: readonly string[],
    env: Record<string, string> = { AUTHEN_BRIDGE_KEY: 'test-key' },
    cwd = process.cwd(),
  ) {
    this.#child = spawn(process.execPath, ['src/cli.ts', 'reader', ...args], {
      env: { ...programEnv(), ...env },
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout?.on('data', (chunk) => {
      this.output += String(chunk);
    });
    this.#child.stderr?.on('data', (chunk) => {
      this.errors += String(chunk);
    });
  }

  get pid(): number | null {
    return this.#child.pid ?? null;
  }

  /** The English half of each status line. */
  get lines(): string[] {
    const lines = this.output.split('\n').filter((line) => line !== '');
    return lines.map((line) => line.split(' | ')[1] ?? line);
  }

  /** Sends the signal and gives the exit code; null when the signal itself ended it. */
  async stop(signal: 'SIGTERM' | 'SIGINT' | 'SIGKILL' = 'SIGTERM'): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill(signal);
    return this.exit();
  }

  /** Lets it stand still, or go on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child.kill(signal);
  }

  async exit(): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'close');
    return this.#child.exitCode;
  }
}

/** Waits until it holds; fails after `ms` with what it was about. */
export async function until(what: string, holds: () => boolean, ms = 30_000): Promise<void> {
  const end = Date.now() + ms;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
    await sleep(15);
  }
}
