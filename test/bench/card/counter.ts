/** A counter without an agent: the reader worker itself on readers that are driven directly, and a real bridge's address. */

import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openBridgeLink } from '../../../adapters/reader/bridge-link.ts';
import { openPcscCardSource } from '../../../adapters/reader/pcsc/source.ts';
import { openSpool } from '../../../adapters/reader/spool.ts';
import type { CardReadMessage } from '../../../src/domain/card-read.ts';
import { makeLog } from '../../../src/log.ts';
import { Bell } from '../../../src/service/reader/bell.ts';
import { runReader } from '../../../src/service/reader/worker.ts';
import { throwAwayFolder } from '../../support/leave-nothing.ts';
import { now } from './asked.ts';

export interface DirectCounter {
  /** When the bridge has answered for this person's card; see `now`. */
  taken(pid: string): Promise<number>;
  close(): Promise<void>;
}

export async function openDirectCounter(options: {
  bridgeUrl: string;
  key: string;
  stationId: string;
  hcode: string;
  pcscdSocket: string;
  pollMs: number;
}): Promise<DirectCounter> {
  const folder = throwAwayFolder('authen-bridge-card-');
  const spool = await openSpool(join(folder, 'spool'));
  const log = makeLog({ level: 'silent' });
  const news = new Bell();
  const source = openPcscCardSource({
    ...{ log, pcscdSocket: options.pcscdSocket },
    onChange: () => news.ring(),
  });
  const link = openBridgeLink({ url: options.bridgeUrl, key: options.key, timeoutMs: 10_000 });
  const waiting = new Map<string, (at: number) => void>();
  const stop = new AbortController();
  const worker = runReader(
    {
      ...{ sources: { agent: null, pcsc: source }, spool, log, news },
      bridge: {
        async deliver(message: CardReadMessage) {
          const receipt = await link.deliver(message);
          waiting.get(message.pid)?.(now());
          return receipt;
        },
        greet: () => link.greet(),
        get clockAheadMs() {
          return link.clockAheadMs;
        },
        close: () => link.close(),
      },
      clock: { now: Date.now },
      newId: randomUUID,
      onStatus: () => undefined,
    },
    {
      station: { stationId: options.stationId, hcode: options.hcode },
      // pcscd has switched the card on before it tells of it: nothing settles any more
      ...{ pollMs: options.pollMs, settleMs: 0, nhsoRetryMs: 60_000 },
    },
    stop.signal,
  );
  return {
    taken: (pid) => new Promise((resolve) => waiting.set(pid, resolve)),
    async close() {
      stop.abort();
      await worker;
      await spool.close();
      await link.close();
      await source.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
