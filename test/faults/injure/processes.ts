/** Our own processes: killed, told to stop, frozen, started again. */

import type { Fault } from '../fault-kinds.ts';
import type { World } from '../world/world.ts';
import { type Injury, pick } from './injury.ts';

function someBridge(world: World, fault: Fault): number {
  return fault.choice % world.bridges.all.length;
}

const endBridge =
  (how: 'kill' | 'tellToStop'): Injury =>
  async (world, fault) => {
    const i = someBridge(world, fault);
    await world.bridges.all[i]?.[how]();
    world.bridges.lead();
    return async () => {
      if (world.bridges.all[i]?.isAlive === false) world.bridges.start(i);
    };
  };

const freezeBridge: Injury = async (world, fault) => {
  const bridge = world.bridges.all[someBridge(world, fault)];
  bridge?.freeze();
  return async () => bridge?.thaw();
};

const killReader: Injury = async (world, fault) => {
  const { reader } = pick(world.counters, fault);
  await reader.kill();
  return async () => {
    if (!reader.isAlive) reader.start();
  };
};

const freezeReader: Injury = async (world, fault) => {
  const { reader } = pick(world.counters, fault);
  reader.freeze();
  return async () => reader.thaw();
};

const killBoth: Injury = async (world, fault) => {
  const ends = await Promise.all([endBridge('kill')(world, fault), killReader(world, fault)]);
  return async () => {
    for (const end of ends) await end();
  };
};

export const PROCESSES = {
  'bridge-killed': endBridge('kill'),
  'bridge-told-to-stop': endBridge('tellToStop'),
  'bridge-frozen': freezeBridge,
  // longer than a job's lock: others take over what it holds, and then it goes on where it stood
  'bridge-frozen-long': freezeBridge,
  'reader-killed': killReader,
  'reader-frozen': freezeReader,
  'both-killed': killBoth,
} satisfies Record<string, Injury>;
