/** The reader worker with its parts, until it is interrupted. */

import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { openAgent } from '../../../adapters/nhso/agent.ts';
import { type OpenAgentDoor, openAgentDoor } from '../../../adapters/reader/agent-door.ts';
import { agentCardSource } from '../../../adapters/reader/agent-source.ts';
import { openBridgeLink } from '../../../adapters/reader/bridge-link.ts';
import { BridgeTurns } from '../../../adapters/reader/bridge-turns.ts';
import { firstLink } from '../../../adapters/reader/first-link.ts';
import { openPcscCardSource } from '../../../adapters/reader/pcsc/source.ts';
import { openSpool } from '../../../adapters/reader/spool.ts';
import { StatusFile } from '../../../adapters/reader/status-file.ts';
import { timeOfDay } from '../../domain/bangkok.ts';
import { makeLog } from '../../log.ts';
import type { Log } from '../../service/ports/log.ts';
import type { CardSource } from '../../service/ports/reader.ts';
import { Bell } from '../../service/reader/bell.ts';
import type { SourcesThere } from '../../service/reader/sources.ts';
import { runReader } from '../../service/reader/worker.ts';
import { carryCalls } from './line.ts';
import type { ReaderOptions } from './options.ts';

/** Longer than the bridge may wait for NHSO, ms. */
const AGENT_API_MS = 130_000;

/** Whatever it waits for: an agent that reads the card alone asks nobody, ms. */
const LONGEST_CARD_ONLY_MS = 8_000;

export async function run(options: ReaderOptions): Promise<never> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());

  const log = makeLog({ level: options.log, destination: pino.destination({ fd: 2, sync: true }) });
  const { key, bridges, agent } = options;
  const turns = new BridgeTurns();
  const door = await openDoor(options, turns, log);
  const spool = await openSpool(options.spool);
  const news = new Bell();
  const sources = openSources(options, log, news);
  const links = bridges.map((url) => openBridgeLink({ url, key, timeoutMs: 10_000 }));
  const bridge = firstLink(links, turns);
  const status = new StatusFile(options.spool, programVersion(), log);
  const say = (line: string): void => console.log(`${timeOfDay(Date.now())} ${options.station} ${line}`);
  const endCarrying = options.carry ? carryCalls({ bridges, key, agent, log, say }) : null;
  const { pollMs, settleMs, nhsoRetryMs } = options;
  try {
    await runReader(
      {
        ...{ sources, spool, bridge, log, news },
        clock: { now: Date.now },
        newId: randomUUID,
        onStatus: say,
        onState: (state) => status.write(state),
      },
      {
        station: { stationId: options.station, hcode: options.hcode ?? null },
        ...{ pollMs, settleMs, nhsoRetryMs },
      },
      stop.signal,
    );
  } finally {
    await door?.close();
    await endCarrying?.();
    await status.idle();
    await spool.close();
    await bridge.close();
    // a read that hangs in the agent is not waited for: nothing came of it yet
    await Promise.race([Promise.all([sources.agent?.close(), sources.pcsc?.close()]), sleep(300)]);
  }
  process.exit(0);
}

/** Null: no program of this PC calls the bridge in the place of NHSO's agent. */
async function openDoor(options: ReaderOptions, turns: BridgeTurns, log: Log): Promise<OpenAgentDoor | null> {
  const { agentApiPort: port, agentApiOrigin: origins, bridges, key } = options;
  if (port === undefined) return null;
  return openAgentDoor({ bridges, turns, key, port, origins, timeoutMs: AGENT_API_MS, log });
}

function openSources(options: ReaderOptions, log: Log, news: Bell): SourcesThere {
  const { source } = options;
  return {
    agent: source === 'pcsc' ? null : agentSource(options),
    pcsc: source === 'agent' ? null : openPcscCardSource({ log, onChange: () => news.ring() }),
  };
}

function agentSource({ agent, hcode, readTimeoutMs: readMs }: ReaderOptions): CardSource {
  return agentCardSource(
    openAgent({
      url: agent,
      hcode: hcode ?? '',
      // the reader never probes
      zone: 'prod',
      // it asks for no code either: of these only the first three count
      timeouts: {
        terminalsMs: Math.min(3_000, readMs),
        cardOnlyMs: Math.min(LONGEST_CARD_ONLY_MS, readMs),
        ...{ readMs, draftMs: readMs, confirmMs: readMs, lookupMs: readMs },
      },
    }),
  );
}

function programVersion(): string {
  const file = path.join(import.meta.dirname, '..', '..', '..', 'package.json');
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  return version;
}
