/** Lines to a server: cut at once and again and again, or shut for a while. */

import type { TcpProxy } from '../../support/tcp-proxy.ts';
import type { World } from '../world/world.ts';
import type { Injury } from './injury.ts';

/** One piece in so many is the last of its line. */
const ONE_IN = 23;

export const cutting =
  (proxyOf: (world: World) => TcpProxy | null): Injury =>
  async (world, fault) => {
    const proxy = proxyOf(world);
    if (proxy === null) throw new TypeError('this run has no such line');
    if (fault.choice % 3 === 0) proxy.shut(true);
    else {
      proxy.cut();
      let n = fault.choice % ONE_IN;
      proxy.cutter = () => {
        n += 1;
        if (n % ONE_IN !== 0) return null;
        return n % 2 === 0 ? 'before' : 'after';
      };
    }
    return async () => {
      proxy.cutter = null;
      proxy.shut(false);
    };
  };
