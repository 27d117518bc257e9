/** Rights without a card, over both of NHSO's services: real files of tokens, a real ledger, the real adapters. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Case } from '../../src/domain/case.ts';
import type { RightSource } from '../../src/domain/found-right.ts';
import type { Log } from '../../src/service/ports/log.ts';
import { SAMPLE_AT, sampleCitizenId, sampleRead } from '../support/samples.ts';
import { type OfficeOptions, openRightOffice, type RightOffice } from './support/right-office.ts';

// files, sockets and a disk that other work shares
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const MINUTE_MS = 60_000;

let office: RightOffice;
const visits = (count: number): Partial<Case>[] =>
  Array.from({ length: count }, (_, i) => ({ createdAt: SAMPLE_AT + i }));
/** Turns until nobody is due: one that a busy machine has made slow ends with people left. */
async function runOut(): Promise<void> {
  for (let turn = 0; turn < 10 && (await office.due()).length > 0; turn++) await office.run();
}
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

describe.each<RightSource>(['ucws', 'srm'])('over %s', (source) => {
  afterEach(() => office.close());

  async function open(isLoggedIn = true): Promise<void> {
    office = await openRightOffice(source, { isLoggedIn });
  }

  it('asks once for a person, however many visits, and moves none of them', async () => {
    await open();
    office.nhso.addPeople([{ pid: sampleCitizenId(2), right: 'OFC' }]);
    await office.visits(
      {},
      { pid: sampleCitizenId(1), createdAt: SAMPLE_AT + 1 },
      {
        pid: sampleCitizenId(2),
        createdAt: SAMPLE_AT + 2,
        state: 'needs-staff',
        reason: 'no-phone',
      },
    );
    const before = await Promise.all(['1', '2', '3'].map((vn) => office.case(vn)));
    await office.run();
    expect(office.asked()).toEqual([1, 2]);
    expect(await office.found(1)).toMatchObject({
      ...{ answer: 'right', source, askedAt: office.now },
      right: { hospMain: { hcode: '10978' } },
    });
    expect((await office.found(1))?.right?.mainInscl).toMatch(/^\(UCS\)/);
    expect((await office.found(2))?.right?.mainInscl).toMatch(/^\(OFC\)/);
    expect((await office.found(2))?.person?.fname).toMatch(/\S/);
    for (const c of before) {
      const after = await office.case(c.vn);
      expect(after).toEqual({ ...c, version: 2, updatedAt: office.now });
      expect((await office.ledger.history(c)).at(-1)).toMatchObject({
        event: 'right-asked',
        toState: c.state,
        detail: { answer: 'right', source },
      });
    }
    await office.run();
    expect(office.asked()).toHaveLength(2);
  });

  it('keeps "no right" and "unknown person" as answers, and asks for neither again', async () => {
    await open();
    office.nhso.addPeople([
      { pid: sampleCitizenId(1), right: 'none' },
      { pid: sampleCitizenId(2), known: false },
    ]);
    await office.visits(...visits(2));
    await office.run();
    expect(await office.found(1)).toMatchObject({ answer: 'no-right', right: null });
    expect(await office.found(2)).toMatchObject({ answer: 'unknown-person', right: null, person: null });
    office.pass(6 * 60 * MINUTE_MS);
    await office.run();
    expect(office.asked()).toHaveLength(2);
    const { items } = await office.ledger.search.cases({ withRight: true }, { limit: 10 });
    expect(items).toEqual([]);
  });

  it('asks nothing while the gate is closed, counts nobody as failed, and goes on when it opens', async () => {
    await open(false);
    await office.visits(...visits(3));
    await office.run();
    expect(office.asked()).toEqual([]);
    expect((await office.due()).map((p) => p.failures)).toEqual([0, 0, 0]);
    await office.logIn();
    await office.run();
    // several at a time, so that any may be heard first
    expect(office.asked().toSorted()).toEqual([1, 2, 3]);
  });

  it('stops when the token dies under way: who was not answered waits, unfailed, for the next log-in', async () => {
    await open();
    await office.visits(...visits(30));
    office.nhso.delay(100, office.call);
    const running = office.run();
    await expect.poll(() => office.asked().length, { timeout: 30_000, interval: 5 }).toBeGreaterThan(4);
    office.killToken();
    await running;
    const answered = await office.ledger.rights.find(
      upTo(30).map((n) => ({
        hcode: '10978',
        pid: sampleCitizenId(n),
        serviceDate: sampleRead().serviceDate,
      })),
    );
    expect(answered.length).toBeGreaterThan(0);
    expect(answered.length).toBeLessThan(30);
    const waiting = await office.due();
    expect(waiting).toHaveLength(30 - answered.length);
    expect(waiting.filter((p) => p.failures > 0)).toEqual([]);
    const before = office.asked().length;
    await office.run();
    expect(office.asked()).toHaveLength(before);
    await office.logIn();
    office.nhso.delay(0, office.call);
    await runOut();
    expect(await office.ledger.search.countCases({ withRight: true })).toBe(30);
  });

  it('is no storm while NHSO is down: three, then one a minute; then all, the failed ones in their time', async () => {
    await open();
    await office.visits(...visits(12));
    office.nhso.down('500', office.call);
    await office.run();
    const first = office.asked().length;
    expect(first).toBeGreaterThanOrEqual(3);
    // those that were in hand when the third failed
    expect(first).toBeLessThanOrEqual(6);
    for (let turn = 0; turn < 3; turn++) {
      office.pass(15_000);
      await office.run();
    }
    expect(office.asked()).toHaveLength(first);
    office.pass(16_000);
    await office.run();
    expect(office.asked()).toHaveLength(first + 1);
    expect(await office.ledger.search.countCases({ withRight: true })).toBe(0);
    office.nhso.clearFaults();
    office.pass(MINUTE_MS);
    await office.run();
    expect(office.asked()).toHaveLength(first + 2);
    await runOut();
    // all who have not been tried, and those whose first minute is over
    expect(await office.ledger.search.countCases({ withRight: true })).toBeGreaterThanOrEqual(12 - 1);
    office.pass(2 * MINUTE_MS);
    await runOut();
    expect(await office.ledger.search.countCases({ withRight: true })).toBe(12);
  });

  it('never takes a refusal for "no right": the person is asked for again in an hour', async () => {
    await open();
    await office.visits({});
    if (source === 'ucws') office.nhso.statusWord({ status: 'NHSO-00012', description: 'ไม่มีสิทธิใช้งาน' });
    else office.nhso.failNext({ call: 'right-search', status: 422, message: 'ไม่มีสิทธิใช้งาน' });
    await office.run();
    expect(await office.found(1)).toBeUndefined();
    expect((await office.case('1')).version).toBe(1);
    office.pass(59 * MINUTE_MS);
    await office.run();
    expect(office.asked()).toHaveLength(1);
    office.pass(MINUTE_MS);
    await office.run();
    expect(await office.found(1)).toMatchObject({ answer: 'right' });
  });

  it('after a restart in the middle asks for nobody twice, and not at once for who has failed', async () => {
    await open();
    await office.visits(...visits(20));
    office.nhso.failNext({ call: office.call });
    office.nhso.delay(50, office.call);
    const running = office.run();
    await expect.poll(() => office.asked().length, { timeout: 30_000, interval: 5 }).toBeGreaterThan(5);
    await Promise.all([office.stop(), running]);
    const before = office.asked();
    expect(before.length).toBeLessThan(20);
    await office.restart();
    await runOut();
    const answered = office.asked('answered');
    expect(answered).toHaveLength(19);
    expect(new Set(answered).size).toBe(19);
    expect(office.asked('failed')).toHaveLength(1);
    const [failed] = await office.due().then((all) => all.filter((p) => p.failures > 0));
    expect(failed).toBeUndefined();
    office.pass(MINUTE_MS);
    expect(await office.due()).toEqual([expect.objectContaining({ failures: 1 })]);
    await office.run();
    expect(office.asked()).toHaveLength(21);
    expect(await office.due()).toEqual([]);
  });

  it('leaves a visit alone whose card comes while NHSO is asked', async () => {
    await open();
    await office.visits({});
    office.nhso.delay(4_000, office.call);
    const running = office.run();
    // NHSO has the question by then
    await sleep(1_500);
    const read = sampleRead();
    await office.ledger.addCardRead(read);
    const before = await office.case('1');
    const paired = { ...before, readId: read.id, readKind: 'full', state: 'ready', version: 2 } as const;
    await office.ledger.commit([{ next: paired, from: 1, history: [] }]);
    await running;
    expect(office.asked()).toHaveLength(1);
    expect(await office.found(1)).toMatchObject({ answer: 'right' });
    expect(await office.case('1')).toEqual(paired);
  });
});

describe('its pace', () => {
  afterEach(() => office.close());

  async function open(options: OfficeOptions): Promise<void> {
    office = await openRightOffice('srm', { ...options, isLoggedIn: true });
  }

  it('is that of the configuration, over runs that follow each other', async () => {
    await open({ settings: { rightsPerSecond: 10 } });
    await office.visits(...visits(8));
    const begun = performance.now();
    await office.run();
    await office.visits({ vn: 'late', pid: sampleCitizenId(50) });
    await office.run();
    expect(performance.now() - begun).toBeGreaterThanOrEqual(9 * 100 - 20);
    const times = office.askedAt();
    expect(times).toHaveLength(9);
    // never more than the rate in any second, whatever the machine does to single calls
    for (const from of times)
      expect(times.filter((t) => t >= from && t < from + 950).length).toBeLessThanOrEqual(10);
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(8 * 100 - 100);
  });

  it('has no more than four calls in hand where NHSO is slow', async () => {
    await open({ settings: { rightsPerSecond: 100 } });
    await office.visits(...visits(10));
    office.nhso.delay(400, office.call);
    await office.run();
    const spans = office.nhso
      .requests({ call: office.call })
      .map(({ at, ms }) => ({ from: Date.parse(at), to: Date.parse(at) + ms }));
    expect(spans).toHaveLength(10);
    for (const { from } of spans) {
      // what ends in the same moment makes room
      const together = spans.filter((s) => s.from <= from && s.to > from + 20);
      expect(together.length).toBeLessThanOrEqual(4);
    }
  });

  it('lets a process end at once, though the next call would be long in coming', async () => {
    await open({ settings: { rightsPerSecond: 0.01 } });
    await office.visits(...visits(3));
    const running = office.run();
    await expect.poll(() => office.asked().length).toBe(1);
    const begun = performance.now();
    await Promise.all([office.stop(), running]);
    expect(performance.now() - begun).toBeLessThan(5_000);
    await office.run();
    expect(office.asked()).toHaveLength(1);
  });

  it('says once that rights cannot be asked for, and no citizen id', async () => {
    const lines: string[] = [];
    const line = (fields: object, message: string) => lines.push(`${message} ${JSON.stringify(fields)}`);
    const log: Log = { debug: line, info: line, warn: line, error: line, child: () => log };
    await open({ log });
    await office.visits(...visits(5));
    office.nhso.down('html', office.call);
    await office.run();
    office.pass(2 * MINUTE_MS);
    await office.run();
    expect(lines.filter((l) => l.includes('rights cannot be asked for'))).toHaveLength(1);
    office.nhso.clearFaults();
    office.pass(2 * MINUTE_MS);
    await office.run();
    expect(lines.filter((l) => l.includes('right search answers again'))).toHaveLength(1);
    expect(lines.join('\n')).not.toMatch(/99\d{11}/);
  });
});
