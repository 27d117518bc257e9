/**
 * (g) Midnight under load: three processes on one PostgreSQL ledger keep 200 right searches with the SRM token in flight when NHSO
 * clears all tokens. One of them does what the schedule does at 00:00, the others meet it in their work.
 */

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openLedger } from '../../../db/open-ledger.ts';
import { plainPerson } from '../../../simulators/his/hosxp/sample-people.ts';
import { type NhsoWebSimulator, startNhsoWeb } from '../../../simulators/nhso-web/start.ts';
import { throwAwayFolder } from '../../support/leave-nothing.ts';
import { sampleCitizenId } from '../../support/samples.ts';
import { freshPostgres } from '../../support/services.ts';
import { startTokenCaller, type TokenCaller } from '../../support/token-callers.ts';
import { HCODE } from '../hospital.ts';
import type { BenchContext, PartResult } from '../part.ts';

const PROCESSES = 3;
const IN_FLIGHT = 200;
/** Of each answer of the right search. */
const ANSWER_MS = 200;
const BEFORE_MS = 5_000;
const AFTER_MS = 10_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const ACCOUNT = sampleCitizenId(70);

export async function midnight({ say, postgres }: BenchContext): Promise<PartResult> {
  if (postgres === null) {
    say('no PostgreSQL here: left out');
    return { figures: [], facts: {} };
  }
  const closing: (() => Promise<unknown>)[] = [];
  try {
    const folder = throwAwayFolder('authen-bridge-bench-');
    closing.push(() => rm(folder, { recursive: true, force: true }));
    const database = await freshPostgres(postgres);
    closing.push(() => database.drop());
    const nhso = await startNhsoWeb({ hcode: HCODE });
    closing.push(() => nhso.close());
    const callers = await open(nhso, database.url, folder);
    closing.push(() => Promise.all(callers.map((caller) => caller.kill())));
    return await run(nhso, callers, say);
  } finally {
    for (const end of closing.reverse()) await end();
  }
}

async function open(nhso: NhsoWebSimulator, store: string, folder: string): Promise<TokenCaller[]> {
  const { control, urls } = nhso;
  // 23:00 in Bangkok
  const today = Math.floor((Date.now() + 7 * HOUR_MS) / DAY_MS) * DAY_MS - 7 * HOUR_MS;
  control.clockOffset(today + 23 * HOUR_MS - Date.now());
  control.delay(ANSWER_MS, 'right-search');
  const srmTokenFile = join(folder, 'token.txt');
  await control.staffLogsIn({ account: ACCOUNT, srmTokenFile });
  const ledger = await openLedger(store);
  await ledger.migrate();
  await ledger.close();
  const options = {
    ...{ hcode: HCODE, store, keyFile: join(folder, 'secret.key'), srmTokenFile },
    srmRefreshUrl: urls.srmRefresh,
    searchUrl: `${urls.rightSearch}?pid=${plainPerson(1).cid}`,
    aheadMs: control.centre.clockOffsetMs,
    isBridge: true,
  };
  const starting = Array.from({ length: PROCESSES }, () => startTokenCaller(options));
  return Promise.all(starting);
}

async function run(
  { control }: NhsoWebSimulator,
  callers: readonly TokenCaller[],
  say: BenchContext['say'],
): Promise<PartResult> {
  const [first] = callers;
  if (first === undefined) throw new Error('no process');
  say(`${IN_FLIGHT} right searches in flight, ${ANSWER_MS} ms each, over ${PROCESSES} processes`);
  const done = callers.map((caller) => caller.hears('called'));
  callers.forEach((caller, i) => {
    const count = Math.ceil((IN_FLIGHT - i) / PROCESSES);
    caller.tell({ do: 'calls', count, forMs: BEFORE_MS + AFTER_MS });
  });
  await sleep(BEFORE_MS);
  say('midnight');
  const before = control.logIns().length;
  const settled = first.hears('midnight');
  control.midnight();
  const at = control.centre.now();
  for (const caller of callers) caller.tell({ do: 'ahead', ms: control.centre.clockOffsetMs });
  first.tell({ do: 'midnight' });
  await settled;
  const openedMs = control.centre.now() - at;
  const words = await Promise.all(done);

  const searches = control.requests({ call: 'right-search' });
  const after = searches.filter((entry) => Date.parse(entry.at) >= at);
  const answeredAt = after.filter((e) => e.status === 200).map((e) => Date.parse(e.at) + e.ms);
  const faults = words.flatMap((word) => word.faults);
  const part = 'midnight';
  return {
    figures: [
      { part, name: 'calls that failed', value: faults.length, unit: '', aim: { atMost: 0 } },
      { part, name: 'log-ins', value: control.logIns().length - before, unit: '', aim: { atMost: 1 } },
      { part, name: 'midnight to the gate open', value: openedMs / 1_000, unit: 's' },
      {
        ...{ part, name: 'midnight to the next answer of NHSO', unit: 's' },
        value: (Math.min(...answeredAt) - at) / 1_000,
      },
      {
        ...{ part, name: 'slowest call, its repetition included', unit: 's' },
        value: Math.max(...words.map((word) => word.slowestMs)) / 1_000,
      },
      { part, name: 'calls refused and repeated', value: refused(after), unit: '' },
    ],
    facts: {
      processes: PROCESSES,
      inFlight: IN_FLIGHT,
      answers: words.reduce((sum, word) => sum + word.answers, 0),
      faults: [...new Set(faults)],
    },
  };
}

function refused(entries: readonly { status: number | null }[]): number {
  return entries.filter((entry) => entry.status === 401).length;
}
