/** The queue: killed with its data, emptied, replaced by an empty one, its lines cut in the middle of a command. */

import type { World } from '../world/world.ts';
import { ENDS_BY_ITSELF, type Injury } from './injury.ts';
import { cutting } from './lines.ts';

function redisOf(world: World): NonNullable<World['queue']['redis']> {
  if (world.queue.redis === null) throw new TypeError('this run has no Redis');
  return world.queue.redis;
}

const killed: Injury = async (world, fault) => {
  const redis = redisOf(world);
  if (fault.choice % 2 === 0) await redis.empty();
  await redis.crash();
  return () => redis.startAgain();
};

const emptied: Injury = async (world) => {
  await redisOf(world).empty();
  return ENDS_BY_ITSELF;
};

const replaced: Injury = async (world) => {
  await redisOf(world).replace();
  return ENDS_BY_ITSELF;
};

export const QUEUE = {
  'queue-killed': killed,
  'queue-emptied': emptied,
  'queue-replaced': replaced,
  'queue-cut': cutting((world) => world.queue.proxy),
} satisfies Record<string, Injury>;
