/**
 * (h) A night: 5,000 visits on MariaDB, 8 % of them without a code, sources that answer in 200 ms, the rate limit as it is
 * configured by default. The run is a process of its own; how long it took is compared with the time that the rate limit
 * alone takes for the calls that it made.
 */

import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openHis } from '../../../adapters/his/registry.ts';
import { openLedger } from '../../../db/open-ledger.ts';
import { plainPerson } from '../../../simulators/his/hosxp/sample-people.ts';
import { createSchema, seedReferenceData } from '../../../simulators/his/hosxp/schema.ts';
import { insertPeople, insertVisits, type NewVisit } from '../../../simulators/his/hosxp/visits.ts';
import { openSimDb, type SimDb } from '../../../simulators/his/sim-db.ts';
import type { CodeInput } from '../../../simulators/nhso-agent/centre.ts';
import { startOfServiceDate } from '../../../src/domain/bangkok.ts';
import { openCase } from '../../../src/domain/machine/facts.ts';
import { DEFAULT_POLICY } from '../../../src/domain/requirement.ts';
import type { Reconciliation } from '../../../src/service/ports/reconciliations.ts';
import { hisOptions } from '../../adapters/his/hosxp/support.ts';
import { endsWithUs, throwAwayFolder } from '../../support/leave-nothing.ts';
import { SAMPLE_DATE, SAMPLE_HCODE } from '../../support/samples.ts';
import { freshMariaDb } from '../../support/services.ts';
import type { Figure } from '../figures.ts';
import { memoryOf } from '../machine.ts';
import type { CallsSeen, SourcesAddress } from '../night-sources.ts';
import type { BenchContext, PartResult } from '../part.ts';

const RATE = 5;
const DELAY_MS = 200;
/** Of ten visits without a code, five have one at NHSO, two at another hospital, three none. */
const MISSING_EVERY = 12.5;
const DAWN = startOfServiceDate(SAMPLE_DATE) + 6 * 3_600_000;
const NIGHT = startOfServiceDate(SAMPLE_DATE) + 24.5 * 3_600_000;
const POLICY = { requirement: DEFAULT_POLICY, claimType: { default: 'PG0060001', rules: [] } };

export async function night(context: BenchContext): Promise<PartResult> {
  const { say, quick } = context;
  const count = quick ? 1_000 : 5_000;
  const closing: (() => Promise<unknown>)[] = [];
  try {
    const folder = throwAwayFolder('authen-bridge-night-');
    closing.push(() => rm(folder, { recursive: true, force: true }));
    const database = await freshMariaDb(context.mariadb);
    closing.push(() => database.drop());
    const his = await openSimDb(database.url);
    closing.push(() => his.close());
    await createSchema(his, { charset: 'tis620' });
    await seedReferenceData(his, { hcode: SAMPLE_HCODE, hospitalName: 'โรงพยาบาลสมมุติ' });
    const sources = fileURLToPath(new URL('../night-sources.ts', import.meta.url));
    const child = endsWithUs(fork(sources, [SAMPLE_HCODE, String(DELAY_MS)]));
    closing.push(async () => child.kill());
    const [address] = (await once(child, 'message')) as [SourcesAddress];
    say(`${count} visits of a day that is over`);
    const { codes, missing } = await fill(his, count);
    await tell(child, { codes });
    const store = `sqlite:${join(folder, 'bridge.db')}`;
    await takeIn(store, database.url);
    say(`the night, at ${RATE} calls a second and ${DELAY_MS} ms an answer`);
    const keyFile = join(folder, 'secret.key');
    const { run, highest } = await runThrough({ store, keyFile, hisUrl: database.url, ...address }, context);
    const calls = await tell(child, {});
    return {
      figures: figures(run, highest, missing, calls),
      facts: { count, missing, run, calls, rate: RATE },
    };
  } finally {
    for (const close of closing.reverse()) await close();
  }
}

function figures(run: Reconciliation, highest: number | null, missing: number, calls: CallsSeen): Figure[] {
  const part = 'night';
  const seen = calls.status + calls.agent;
  const seconds = ((run.finishedAt ?? Number.NaN) - run.startedAt) / 1000;
  const bound = (seen - 1) / RATE + DELAY_MS / 1000;
  return [
    { part, name: 'time the run took', value: seconds, unit: 's' },
    {
      part,
      name: 'the same, by what the rate limit alone takes',
      value: seconds / bound,
      unit: '×',
      aim: { atMost: 1.1 },
    },
    {
      part,
      name: 'from the first call to the last, by the same',
      value: calls.spanMs / 1000 / bound,
      unit: '×',
    },
    { part, name: 'calls a visit without a code', value: seen / missing, unit: '', aim: { atMost: 2 } },
    { part, name: 'highest memory of the process', value: highest, unit: 'MB' },
    { part, name: 'codes found and written', value: run.counts.found ?? 0, unit: '' },
  ];
}

async function fill(his: SimDb, count: number): Promise<{ codes: CodeInput[]; missing: number }> {
  const codes: CodeInput[] = [];
  const visits: NewVisit[] = [];
  let missing = 0;
  for (let n = 0; n < count; n++) {
    const person = plainPerson(n);
    const at = DAWN + n * 7_000;
    const isMissing = Math.floor(n / MISSING_EVERY) !== Math.floor((n - 1) / MISSING_EVERY);
    if (isMissing) {
      const kind = missing++ % 10;
      const hcode = kind < 5 ? SAMPLE_HCODE : '11472';
      if (kind < 7) codes.push({ pid: person.cid ?? '', hcode, issuedAt: at + 60_000, channel: 'line' });
    }
    visits.push({
      hn: person.hn,
      at,
      ...(isMissing ? {} : { authCode: `PP2${String(n).padStart(9, '0')}` }),
    });
  }
  for (let i = 0; i < count; i += 500) {
    await insertPeople(
      his,
      visits.slice(i, i + 500).map((_, k) => plainPerson(i + k)),
    );
    await insertVisits(his, visits.slice(i, i + 500));
  }
  // a table that has grown for years has been analysed
  await his.exec('ANALYZE TABLE ovst, visit_pttype, patient');
  return { codes, missing };
}

/** The day as the bridge has left it: the codes in the HIS are those that NHSO issued to it. */
async function takeIn(store: string, hisUrl: string): Promise<void> {
  const ledger = await openLedger(store);
  const his = openHis(hisOptions({ url: hisUrl }));
  try {
    await ledger.migrate();
    const opened = (await his.visitsOn(SAMPLE_DATE)).map((visit) => openCase(visit, POLICY, visit.startedAt));
    const changes = opened.map(({ next, history }) => {
      const code = next.code === null ? null : { ...next.code, source: 'confirm' as const };
      return { next: { ...next, code }, from: null, history };
    });
    for (let i = 0; i < changes.length; i += 500) await ledger.commit(changes.slice(i, i + 500));
  } finally {
    await his.close();
    await ledger.close();
  }
}

async function runThrough(
  { agentUrl, ...settings }: { store: string; keyFile: string; hisUrl: string } & SourcesAddress,
  { say }: Pick<BenchContext, 'say'>,
): Promise<{ run: Reconciliation; highest: number | null }> {
  const file = fileURLToPath(new URL('../../service/reconcile/run-process.ts', import.meta.url));
  const options = {
    ...{
      ...settings,
      agentUrls: [agentUrl],
      pglite: null,
      ratePerSecond: RATE,
      at: [],
      now: NIGHT,
      resume: false,
    },
  };
  const child = endsWithUs(
    spawn(process.execPath, [file, JSON.stringify(options)], { stdio: ['ignore', 'pipe', 'inherit'] }),
  );
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (more: string) => {
    text = (text + more).slice(-4_000);
    say(`${text.trim().split('\n').at(-1)?.slice(0, 20) ?? ''} visits\r`);
  });
  let highest: number | null = null;
  const watch = setInterval(() => {
    const seen = child.pid === undefined ? null : memoryOf(child.pid);
    // of one that has just ended the system tells nothing
    if (seen !== null && !Number.isNaN(seen.highest)) highest = seen.highest;
  }, 200);
  await once(child, 'close');
  clearInterval(watch);
  const last = text.trim().split('\n').at(-1) ?? '';
  if (!last.startsWith('{')) throw new Error('the run did not come to its end');
  return { run: JSON.parse(last) as Reconciliation, highest };
}

async function tell(child: ChildProcess, order: object): Promise<CallsSeen> {
  const answer = once(child, 'message');
  child.send(order);
  const [calls] = (await answer) as [CallsSeen];
  return calls;
}
