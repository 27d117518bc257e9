/** Both ends of real lines: the bridge's own HTTP face, and the worker's dialler, in one process. */

import type { AgentOptions } from '../../../../adapters/nhso/agent.ts';
import { NhsoHttp } from '../../../../adapters/nhso/http.ts';
import { openCarriedAgent } from '../../../../adapters/nhso/line/carried-agent.ts';
import { type KeptLine, keepLine } from '../../../../adapters/nhso/line/dial.ts';
import type { PipedAgent } from '../../../../src/service/ports/agent-pipe.ts';
import { openHouse, type TestHouse } from '../../../http/support/house.ts';
import { quietLog } from '../../../service/support/quiet.ts';
import { TcpProxy } from '../../../support/tcp-proxy.ts';

export const HCODE = '10978';

export interface Rig {
  house: TestHouse;
  /** On the way from the workers to the bridge. */
  proxy: TcpProxy;
  /** A key of the station, good for its line. */
  keyOf(stationId: string): Promise<string>;
  /** An agent that is reached over a line of its own. The line is opened beside: calls wait for it. */
  agentAt(options: AgentOptions): PipedAgent;
  /** The worker of a station, as at a counter. */
  worker(stationId: string, agentUrl: string): Promise<KeptLine>;
  close(): Promise<void>;
}

export async function openRig(): Promise<Rig> {
  const house = await openHouse({ limits: { failedAuth: 1_000 } });
  const proxy = await TcpProxy.to(house.url);
  const opened: (() => unknown)[] = [];
  let stations = 0;
  const keyOf = (stationId: string) => house.key(['agent-line:carry'], { hcode: HCODE, stationId });
  const worker = async (stationId: string, url: string, connections = 4): Promise<KeptLine> => {
    const exchange = new NhsoHttp(url, { connections });
    const line = keepLine({
      ...{ bridge: proxy.through(house.url), key: await keyOf(stationId), exchange, log: quietLog },
      onState: () => undefined,
      pauses: { first: 50, longest: 400, replaced: 400 },
    });
    opened.push(async () => {
      await line.close();
      await exchange.close();
    });
    return line;
  };
  return {
    house,
    proxy,
    keyOf,
    worker: (stationId, url) => worker(stationId, url),
    agentAt({ url, hcode, zone, timeouts, connections }) {
      stations += 1;
      const stationId = `line-${stations}`;
      const agent = openCarriedAgent({ hcode, zone, timeouts, stationId, lines: house.lines });
      // what fails here shows as a line that does not come
      worker(stationId, url, connections).catch((error: unknown) => console.error(error));
      return { ...agent, url: url.replace(/\/+$/, '') };
    },
    async close() {
      await Promise.all(opened.map((close) => close()));
      await proxy.close();
      await house.close();
    },
  };
}
