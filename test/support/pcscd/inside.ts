/**
 * Runs in name spaces of its own (`pcscd.ts` starts it there): starts and kills the real pcscd, and is the card's side
 * of its virtual readers. Ends with its parent, and takes pcscd with it.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { obey } from '../../../simulators/thai-card/orders.ts';
import { VirtualSlot } from '../../../simulators/thai-card/virtual-slot.ts';

/** What the parent may ask for. */
export type Ask =
  /** Starts pcscd with so many virtual readers of two slots each. The driver knows two slots: of two readers the first takes no card. */
  | { do: 'start'; readers: number }
  | { do: 'kill'; signal: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'SIGCONT' }
  /** A line of `simulators/thai-card/orders.ts`. */
  | { do: 'order'; line: string };

const [pcscd = '', driver = '', folder = ''] = process.argv.slice(2);
const CONF = join(folder, 'conf');
/** The network is our own: these ports are taken by nobody. */
const PORTS = [35_963, 35_973];
const slots = PORTS.flatMap((port) => [new VirtualSlot(port), new VirtualSlot(port + 1)]);
let service: ChildProcess | null = null;

async function start(readers: number): Promise<string> {
  rmSync(CONF, { recursive: true, force: true });
  mkdirSync(CONF);
  const ports = PORTS.slice(0, readers);
  for (const [i, port] of ports.entries()) {
    const channel = `0x${port.toString(16)}`;
    writeFileSync(
      join(CONF, `vpcd-${i}`),
      `FRIENDLYNAME "Virtual PCD ${i}"\nDEVICENAME /dev/null:${channel}\nLIBPATH ${driver}\nCHANNELID ${channel}\n`,
    );
  }
  // where the driver is told to be; a socket that a killed one has left behind is not taken for its successor's
  rmSync('/run/pcscd', { recursive: true, force: true });
  const child = spawn(pcscd, ['--foreground', '--config', CONF], { stdio: ['ignore', 'pipe', 'pipe'] });
  service = child;
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-500);
    });
  }
  const giveUp = Date.now() + 30_000;
  while (!(isListening('/run/pcscd/pcscd.comm', ports) || child.exitCode !== null)) {
    if (Date.now() > giveUp) throw new Error(`pcscd does not come up: ${said}`);
    await sleep(20);
  }
  if (child.exitCode !== null) throw new Error(`pcscd ended: ${said}`);
  return `pid ${child.pid}`;
}

function isListening(socket: string, ports: readonly number[]): boolean {
  const unix = readFileSync('/proc/net/unix', 'utf8');
  // address and state of each TCP socket, in hexadecimal; 0A is LISTEN. A connection to ask would be a card
  const tcp = readFileSync('/proc/net/tcp', 'utf8');
  const hex = (port: number): string => port.toString(16).toUpperCase().padStart(4, '0');
  return (
    unix.includes(socket) && ports.every((port) => new RegExp(`:${hex(port)} [0-9A-F]+:0000 0A`).test(tcp))
  );
}

async function kill(signal: NodeJS.Signals): Promise<string> {
  const child = service;
  if (child === null) return 'nothing ran';
  child.kill(signal);
  if (signal === 'SIGSTOP' || signal === 'SIGCONT') return signal;
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  service = null;
  for (const slot of slots) slot.eject();
  return signal;
}

async function answer(ask: Ask): Promise<string> {
  switch (ask.do) {
    case 'start':
      return start(ask.readers);
    case 'kill':
      return kill(ask.signal);
    case 'order':
      return obey(slots, ask.line);
  }
}

process.on('disconnect', () => {
  service?.kill('SIGKILL');
  process.exit(0);
});
process.on('message', ({ id, ask }: { id: number; ask: Ask }) => {
  answer(ask).then(
    (said) => process.send?.({ id, said }),
    (error) => process.send?.({ id, failed: String(error) }),
  );
});
