/**
 * A process of its own that makes right searches with the SRM token: `fork(token-caller.ts, [JSON])`. What it is told and what it
 * answers goes over the pipe to its parent.
 */

import { openTokenSources } from '../../adapters/nhso/tokens/open.ts';
import { openLedger } from '../../db/open-ledger.ts';
import { BridgeError, errorText } from '../../src/domain/bridge-error.ts';
import type { Log } from '../../src/service/ports/log.ts';
import { Tokens } from '../../src/service/tokens/tokens.ts';

export interface CallerOptions {
  hcode: string;
  store: string;
  keyFile: string;
  srmTokenFile: string;
  srmRefreshUrl: string;
  /** Asked with the token, whole. */
  searchUrl: string;
  /** Its clock against the machine's, ms. */
  aheadMs: number;
  leaseMs?: number;
  /** Watches its sources and looks at the gate, as a bridge does. */
  isBridge: boolean;
}

/**
 * `calls`: so many at once, each followed by another until `forMs` is over. `ahead`: the clock goes there. `midnight`: what the
 * schedule calls.
 */
export type CallerOrder =
  | { do: 'calls'; count: number; forMs?: number }
  | { do: 'ahead'; ms: number }
  | { do: 'midnight' };

export type CallerWord =
  | { said: 'ready' }
  | { said: 'opened'; at: number }
  /** `faults`: what the calls threw; `slowestMs`: of one call, its repetition included. */
  | { said: 'called'; answers: number; faults: string[]; slowestMs: number }
  | { said: 'midnight' };

function say(word: CallerWord): void {
  process.send?.(word);
}

async function search(url: string, value: string): Promise<void> {
  const answer = await fetch(url, { headers: { authorization: `Bearer ${value}` } });
  await answer.text();
  if (answer.status === 401)
    throw new BridgeError('token-refused', 'NHSO refused the token', { retry: 'no' });
  if (!answer.ok) throw new BridgeError('nhso-unavailable', `status ${answer.status}`, { retry: 'yes' });
}

async function run(options: CallerOptions): Promise<void> {
  let { aheadMs } = options;
  const clock = { now: () => Date.now() + aheadMs };
  const { hcode, store, keyFile, leaseMs } = options;
  const ledger = await openLedger(store, { secrets: { keyFile } });
  const log: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => log };
  const metrics = { count: nothing, observe: nothing, set: nothing };
  const tokenSources = openTokenSources(options, clock.now);
  const sites = new Map([[hcode, { hcode, tokenSources, settings: { openingTime: '07:00' } }]]);
  const tokens = new Tokens({ ledger, clock, log, metrics, sites }, leaseMs === undefined ? {} : { leaseMs });
  tokens.onOpen(() => say({ said: 'opened', at: Date.now() }));
  if (options.isBridge) tokens.start();
  const called = async (count: number, forMs: number): Promise<CallerWord> => {
    const word = { said: 'called' as const, answers: 0, faults: [] as string[], slowestMs: 0 };
    const end = performance.now() + forMs;
    const one = async (): Promise<void> => {
      do {
        const begun = performance.now();
        try {
          await tokens.use(hcode, 'srm', ({ value }) => search(options.searchUrl, value));
          word.answers += 1;
        } catch (error) {
          word.faults.push(errorText(error));
        }
        word.slowestMs = Math.max(word.slowestMs, performance.now() - begun);
      } while (performance.now() < end);
    };
    await Promise.all(Array.from({ length: count }, one));
    return word;
  };

  process.on('message', async (order: CallerOrder) => {
    if (order.do === 'ahead') aheadMs = order.ms;
    if (order.do === 'midnight') {
      await tokens.midnight();
      say({ said: 'midnight' });
    }
    if (order.do === 'calls') say(await called(order.count, order.forMs ?? 0));
  });
  process.on('disconnect', () => process.exit(0));
  say({ said: 'ready' });
}

function nothing(): void {
  // told to nobody
}

await run(JSON.parse(process.argv[2] ?? '{}'));
