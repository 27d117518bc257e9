/** The bridge processes, behind one address as a virtual IP gives it. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../support/services/processes.ts';
import { TcpProxy } from '../../support/tcp-proxy.ts';
import { Process } from './process.ts';

const UP_MS = 180_000;

export interface BridgesOptions {
  folder: string;
  count: number;
  /** The configuration without `http`, asked for when a process starts. */
  config: () => object;
  env: Record<string, string>;
  key: string;
}

export class Bridges {
  readonly all: readonly Process[];
  readonly #ports: readonly number[];
  readonly #front: TcpProxy;
  readonly #options: BridgesOptions;

  private constructor(ports: readonly number[], front: TcpProxy, options: BridgesOptions) {
    const { folder, env } = options;
    this.all = ports.map((_, i) => {
      const name = nameOf(i);
      const args = ['start', '--config', join(folder, `${name}.json`)];
      return new Process({ name, args, env, logFile: join(folder, `${name}.log`) });
    });
    this.#ports = ports;
    this.#front = front;
    this.#options = options;
  }

  static async open(options: BridgesOptions): Promise<Bridges> {
    const ports = await Promise.all(Array.from({ length: options.count }, () => freePort()));
    return new Bridges(ports, await TcpProxy.to(`http://127.0.0.1:${ports[0]}`), options);
  }

  /** The one address of all. */
  get url(): string {
    return this.#front.through('http://127.0.0.1:1').replace(/\/$/, '');
  }

  /** Each process's own address. */
  get urls(): [string, ...string[]] {
    return this.#ports.map((port) => `http://127.0.0.1:${port}`) as [string, ...string[]];
  }

  start(i: number): void {
    const http = { host: '127.0.0.1', port: this.#ports[i] };
    const config = { ...this.#options.config(), http, log: { level: 'debug' } };
    writeFileSync(join(this.#options.folder, `${nameOf(i)}.json`), JSON.stringify(config), { mode: 0o600 });
    this.all[i]?.start();
    this.lead();
  }

  /** The address leads to a process that is there. */
  lead(): void {
    const i = this.all.findIndex((bridge) => bridge.isAlive);
    this.#front.leadTo(`http://127.0.0.1:${this.#ports[Math.max(0, i)]}`);
  }

  async untilUp(): Promise<void> {
    const end = Date.now() + UP_MS;
    for (const port of this.#ports) {
      while (!(await answers(`http://127.0.0.1:${port}/healthz`))) {
        if (Date.now() > end) throw new Error(`a bridge did not come up within ${UP_MS} ms`);
        await sleep(100);
      }
    }
  }

  async get<T>(path: string): Promise<T> {
    const answer = await fetch(`${this.url}${path}`, {
      headers: { authorization: `Bearer ${this.#options.key}` },
    });
    if (!answer.ok) throw new Error(`${path.split('?')[0]}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  /** What each of them says of itself; for a run that went wrong. */
  async words(): Promise<string> {
    const words: string[] = [];
    for (const [i, port] of this.#ports.entries()) {
      for (const path of ['/readyz', '/metrics']) {
        const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
          headers: { authorization: `Bearer ${this.#options.key}` },
          signal: AbortSignal.timeout(5_000),
        }).then(
          (found) => found.text(),
          (error: unknown) => String(error),
        );
        words.push(`--- ${nameOf(i)} ${path}`, answer);
      }
    }
    return `${words.join('\n')}\n`;
  }

  async close(): Promise<void> {
    await Promise.all(this.all.map((bridge) => bridge.kill()));
    await this.#front.close();
  }
}

function nameOf(i: number): string {
  return `bridge-${i + 1}`;
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false; // nobody listens yet
  }
}
