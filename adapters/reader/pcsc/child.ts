/**
 * The process that owns `pcsc-mini`. It is killed, never stopped: the binding's own end can hang or corrupt memory, and
 * a command that a card does not answer cannot be taken back. Whatever is wrong with PC/SC itself, it says so and ends;
 * `supervisor.ts` starts another. It writes nothing to its output, and holds no card but the one that it reads.
 */

import type { Client, Reader } from 'pcsc-mini';
import { type BridgeError, isBridgeError } from '../../../src/domain/bridge-error.ts';
import type { ThaiCard } from '../thai-card/read-card.ts';
import {
  bindingMissing,
  cardChanged,
  cardMute,
  failureOf,
  readFailure,
  replaced,
  serviceFailure,
} from './failures.ts';
import type { FromChild, ReadOrder, SlotReport, ToChild } from './messages.ts';
import { readInSession } from './session.ts';
import { SlotTable } from './slots.ts';

/** Another program's hold on the card is waited out so long, and tried so often, ms. */
const BUSY_MS = 3_000;
const BUSY_PAUSE_MS = 100;
/** After the start the readers are told of when they have had time to show themselves, ms. */
const FIRST_LOOK_MS = 300;
/** Events that come together are told together, ms. */
const BURST_MS = 10;
const PULSE_MS = 5_000;

const slots = new SlotTable();
const buffers = new Map<string, ArrayBuffer>();
/** Why this process must not go on, once it is so. */
let leftOver: string | null = null;

function say(message: FromChild): Promise<void> {
  return new Promise((resolve) => {
    // false: the parent is gone, and so are we in a moment
    if (process.send?.(message, () => resolve()) !== true) setTimeout(resolve, BURST_MS);
  });
}

async function end(error: BridgeError): Promise<void> {
  await say({ is: 'ending', failure: failureOf(error) });
  process.kill(process.pid, 'SIGKILL');
}

/** Orphans do not linger. Not `exit`: that waits for a command which the card may never answer. */
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));

/** Not left to Node, whose own end would wait for the card too. */
process.on('uncaughtException', (error) => void end(serviceFailure(error)));

let isAboutToTell = false;

function tellSlots(inMs: number): void {
  if (isAboutToTell) return;
  isAboutToTell = true;
  setTimeout(() => {
    isAboutToTell = false;
    void say({ is: 'slots', slots: slots.list() });
  }, inMs);
}

function watch(client: Client): void {
  client.on('error', (error) => void end(serviceFailure(error)));
  client.on('reader', (reader) => {
    const name = reader.name();
    reader.on('change', (status) => {
      slots.changed(name, status.raw);
      tellSlots(BURST_MS);
    });
    reader.on('disconnect', () => {
      slots.left(name);
      tellSlots(BURST_MS);
    });
  });
  client.start();
  tellSlots(FIRST_LOOK_MS);
}

/** The card that is meant, as long as it lies there. */
function meant({ reader, insertion }: ReadOrder): SlotReport {
  const slot = slots.get(reader);
  if (slot?.isPresent !== true || slot.insertion !== insertion) throw cardChanged();
  return slot;
}

async function read(order: ReadOrder, reader: Reader | undefined, longest: number): Promise<ThaiCard> {
  if (meant(order).isMute) throw cardMute();
  if (reader === undefined) throw cardChanged();
  const buffer = buffers.get(order.reader) ?? new ArrayBuffer(longest);
  buffers.set(order.reader, buffer);
  const card = await readInSession(reader, buffer, {
    withPhoto: order.withPhoto,
    ...{ busyMs: BUSY_MS, pauseMs: BUSY_PAUSE_MS },
    onLeftOver: (what) => {
      leftOver = what;
    },
  });
  // the old session would have been refused; this is the second lock on that door
  meant(order);
  return card;
}

/** @param longest bytes that the binding wants room for */
async function obey(client: Client, order: ToChild, longest: number): Promise<void> {
  const { id } = order;
  try {
    await say({ is: 'card', id, card: await read(order, client.reader(order.reader), longest) });
  } catch (error) {
    await say({ is: 'failed', id, failure: failureOf(readFailure(error)) });
  }
  if (leftOver !== null) await end(replaced(leftOver));
}

async function begin(): Promise<void> {
  let binding: typeof import('pcsc-mini');
  try {
    binding = await import('pcsc-mini');
  } catch (error) {
    await end(bindingMissing(error));
    return;
  }
  try {
    const client = new binding.Client();
    watch(client);
    process.on('message', (order: ToChild) => void obey(client, order, binding.MAX_BUFFER_LEN));
  } catch (error) {
    await end(isBridgeError(error) ? error : serviceFailure(error));
    return;
  }
  setInterval(() => {
    void say({ is: 'pulse', rssMb: Math.round(process.memoryUsage.rss() / 2 ** 20) });
  }, PULSE_MS);
}

await begin();
