/**
 * Offline proof and what becomes of it, on real processes: the bridge, the reader worker, pcscd with a virtual reader, a HIS
 * database, a queue; NHSO and its agent are simulated. NHSO goes down, cards are read alone, by the agent and directly, NHSO
 * comes back, and each visit comes to its end: read again, found by look-up, or before a person while it is still the day.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { plainPerson } from '../../simulators/his/hosxp/sample-people.ts';
import { describeWithPcscd, VirtualReaders } from '../support/pcscd/pcscd.ts';
import { describeWith, type FreshDatabase, freshMariaDb, ownRedis } from '../support/services.ts';
import { type BridgeProcess, eventually, HCODE, Hospital } from './bridge-support.ts';
import { ReaderProcess, until } from './reader-support.ts';

interface CaseJson {
  state: string;
  reason: string | null;
  reasonDetail: string | null;
  readKind: string | null;
  stationId: string | null;
  readAt: string | null;
  code: { source: string } | null;
  history: { event: string }[];
}

const LONG_MS = 90_000;
const cidOf = (n: number): string => plainPerson(n).cid ?? '';

describeWithPcscd('cards that are read while NHSO is away', () => {
  describeWith('mariadb', 'on MariaDB', (mariadb) => {
    describeWith('redis', 'and Redis', (redis) => {
      let database: FreshDatabase;
      let hospital: Hospital;
      let bridge: BridgeProcess;
      let readers: VirtualReaders;
      let worker: ReaderProcess;
      let spool: string;

      beforeAll(async () => {
        database = await freshMariaDb(mariadb, 'utf8mb4');
        hospital = await Hospital.open({
          hisUrl: database.url,
          store: (f) => `sqlite:${f}/bridge.db`,
          queue: ownRedis(redis, 11),
          // minutes are seconds here; NHSO's absence alone does not bring a case to the list
          nhso: { offlineLookupMinutes: 0.05, callBack: { afterMinutes: 0.1, at: '23:59' } },
        });
        bridge = await hospital.startBridge();
        readers = await VirtualReaders.open(1);
        spool = mkdtempSync(join(tmpdir(), 'authen-bridge-offline-'));
        const where = ['--agent', hospital.agent.url, '--bridge', bridge.url, '--spool', spool];
        const fast = ['--poll-ms', '200', '--settle-ms', '100', '--read-timeout-ms', '2000'];
        worker = new ReaderProcess(
          ['--station', 'counter-1', '--hcode', HCODE, ...where, ...fast, '--nhso-retry-ms', '2000'],
          { AUTHEN_BRIDGE_KEY: hospital.key, PCSCLITE_CSOCK_NAME: readers.socket },
        );
      }, 180_000);
      afterAll(async () => {
        await worker.stop('SIGKILL');
        await readers.close();
        await hospital.close();
        await database.drop();
        rmSync(spool, { recursive: true, force: true });
      });

      const caseOf = (vn: string) => bridge.get<CaseJson>(`/api/cases/${HCODE}/${vn}`);
      const comesTo = (vn: string, what: string, holds: (c: CaseJson) => boolean) =>
        eventually(`${vn} ${what}`, async () => holds(await caseOf(vn)), LONG_MS);
      const says = (words: string) =>
        until(`status "${words}"`, () => worker.lines.at(-1)?.includes(words) ?? false, LONG_MS);
      const isOffline = ({ state, readKind }: CaseJson): boolean =>
        state === 'offline' && readKind === 'card-only';
      const isWritten = ({ state }: CaseJson): boolean => state === 'written';

      async function putIn(n: number, seenBy: 'both' | 'pcsc' = 'both'): Promise<void> {
        if (seenBy === 'both') hospital.agent.control.insertCard(cidOf(n));
        await readers.insert(0, { holder: { citizenId: cidOf(n) } });
      }
      async function takeOut(): Promise<void> {
        hospital.agent.control.removeCard();
        await readers.eject(0);
        await says('ready; put a card in');
      }

      it('each comes to one of its ends, and none is asked for twice', async () => {
        const { control } = hospital.agent;
        const [again, byLine, called, left] = [1, 2, 3, 4];
        const vns = new Map<number, string>();
        for (const n of [again, byLine, called, left])
          vns.set(n, await hospital.patient(n, bridge, { card: false }));
        const vn = (n: number): string => vns.get(n) ?? '';
        await says('ready');

        // NHSO down: the agent reads the card alone
        control.nhsoDown('500');
        for (const n of [again, called]) {
          await putIn(n);
          await comesTo(vn(n), 'is offline', isOffline);
          await takeOut();
        }
        // the agent gone as well: the reader itself
        await control.stop();
        await putIn(byLine, 'pcsc');
        await comesTo(vn(byLine), 'is offline', isOffline);
        expect(worker.lines.at(-1)).toContain('reading directly');
        await takeOut();
        await putIn(left, 'pcsc');
        await comesTo(vn(left), 'is offline', isOffline);
        for (const n of [again, byLine, called, left]) {
          // kept as proof: where and when
          const proof = await caseOf(vn(n));
          expect(proof).toMatchObject({ stationId: 'counter-1', code: null });
          expect(Math.abs(Date.parse(proof.readAt ?? '') - Date.now())).toBeLessThan(300_000);
        }
        await control.start();
        control.insertCard(cidOf(left));
        await until(
          'the agent is in use again',
          () => !(worker.lines.at(-1) ?? '').includes('directly'),
          LONG_MS,
        );
        expect(control.confirms()).toEqual([]);

        // NHSO is back: the card that still lies there is read in full by itself
        control.nhsoUp();
        await comesTo(vn(left), 'is written', isWritten);
        await takeOut();
        // the one that is put in again as well
        await putIn(again);
        await comesTo(vn(again), 'is written', isWritten);
        await takeOut();
        // a code that the patient got by LINE is found
        const { claimCode } = control.issueCode({ pid: cidOf(byLine), channel: 'line' });
        await comesTo(vn(byLine), 'is written', isWritten);
        expect(await hospital.codeInHis(vn(byLine))).toBe(claimCode);
        expect((await caseOf(vn(byLine))).code?.source).toBe('lookup');

        // for the last one a person is told, on the same day, and what they then do ends it
        await comesTo(vn(called), 'is on the list', ({ reason }) => reason === 'card-not-read-again');
        expect((await caseOf(vn(called))).reasonDetail).toMatch(/^\d\d:\d\d counter-1$/);
        expect(await hospital.codeInHis(vn(called))).toBeNull();
        await putIn(called);
        await comesTo(vn(called), 'is written', isWritten);

        for (const n of [again, called, left]) {
          expect(control.confirms(cidOf(n))).toMatchObject([{ asked: 1, issued: 1 }]);
          expect(await hospital.codeInHis(vn(n))).toBe(control.codes(cidOf(n))[0]?.claimCode);
        }
        expect(control.confirms(cidOf(byLine))).toEqual([]);
        const { history } = await caseOf(vn(called));
        expect(history.map(({ event }) => event)).toEqual(
          expect.arrayContaining(['card-paired', 'card-not-read-again', 'code-written']),
        );
      }, 600_000);
    });
  });
});
