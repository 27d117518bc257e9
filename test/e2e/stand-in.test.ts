/**
 * Patients without their card, as a hospital meets them: a reader worker, a bridge, a real HIS database, the agent over HTTP.
 * What became of them is asked from the outside: the HIS's own rows and the simulator's own journal.
 */

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Client } from 'fhir-kit-client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { plainPerson } from '../../simulators/his/hosxp/sample-people.ts';
import { jpegOf } from '../support/jpeg.ts';
import { describeWith, type FreshDatabase, freshMariaDb } from '../support/services.ts';
import { type BridgeProcess, eventually, HCODE, Hospital } from './bridge-support.ts';
import { ReaderProcess } from './reader-support.ts';

interface CaseJson {
  state: string;
  reason: string | null;
  version: number;
  code: { claimCode: string } | null;
  cardRead: { kind: string } | null;
  history: { event: string }[];
}
interface RecentJson {
  items: { id: string; pid: string; fname: string | null }[];
}

const PLACE = { hcode: HCODE, stationId: 'counter-1' };
const OFFICER = plainPerson(2300).cid ?? '';

describeWith('mariadb', 'patients without their card', (mariadb) => {
  let database: FreshDatabase;
  let hospital: Hospital;
  let bridge: BridgeProcess;
  let reader: ReaderProcess | undefined;
  beforeAll(async () => {
    database = await freshMariaDb(mariadb, 'tis620');
    hospital = await Hospital.open({
      hisUrl: database.url,
      store: (f) => `sqlite:${f}/bridge.db`,
      queue: 'embedded',
      nhso: { offlineLookupMinutes: 0.03 },
    });
    bridge = await hospital.startBridge();
    const place = ['--hcode', HCODE, '--station', 'counter-1', '--spool', join(hospital.folder, 'spool')];
    const line = [
      '--agent',
      hospital.agent.url,
      '--bridge',
      bridge.url,
      '--poll-ms',
      '100',
      '--settle-ms',
      '150',
    ];
    reader = new ReaderProcess([...place, ...line], { AUTHEN_BRIDGE_KEY: hospital.key });
  }, 120_000);
  afterAll(async () => {
    await reader?.stop('SIGKILL');
    await hospital.close();
    await database.drop();
    expect(`${reader?.output}${reader?.errors}`).not.toMatch(/99\d{11}/);
  });

  const caseOf = (vn: string) => bridge.get<CaseJson>(`/api/cases/${HCODE}/${vn}`);
  const isIn = (vn: string, state: string) => async () => {
    // the visit may not have been seen yet
    const found = await bridge.get<{ items: { vn: string; state: string }[] }>(`/api/cases?site=${HCODE}`);
    return found.items.some((c) => c.vn === vn && c.state === state);
  };
  const confirms = (n: number) => hospital.agent.control.confirms(plainPerson(n).cid ?? '');

  /** The officer puts their card into the reader; the worker sends it; the id is found as a program finds it. */
  async function officersCard(): Promise<string> {
    const newest = async () => {
      const { items } = await bridge.get<RecentJson>(
        `/api/card-reads/recent?hcode=${HCODE}&stationId=counter-1`,
      );
      return items.find((item) => item.pid.slice(-4) === maskedEnd(OFFICER)) ?? null;
    };
    hospital.agent.control.insertCard(OFFICER);
    await eventually("the officer's card is read", async () => (await newest()) !== null);
    hospital.agent.control.removeCard();
    return (await newest())?.id ?? '';
  }

  const certified = (n: number, cardReadId: string) => ({
    ...{ id: randomUUID(), ...PLACE, pid: plainPerson(n).cid, readAt: new Date().toISOString() },
    ...{ kind: 'certified', phone: '0898765432' },
    certifier: { cardReadId, role: 'officer', relation: 'พยาบาลคัดกรอง', reason: 'ลืมบัตรประชาชน' },
  });
  const photographed = (n: number) => ({
    ...{ id: randomUUID(), ...PLACE, pid: plainPerson(n).cid, readAt: new Date().toISOString() },
    ...{ kind: 'photo', phone: '0898765432', photo: jpegOf(300_000).toString('base64') },
  });

  it('certified: waits with a reason, over a kill too; the code of New Authen is adopted and written', async () => {
    const cardReadId = await officersCard();
    const vn = await hospital.patient(2301, bridge, { card: false });
    const message = certified(2301, cardReadId);
    expect((await bridge.post('/api/card-reads', message)).status).toBe(201);
    await eventually('on the list', isIn(vn, 'needs-staff'));
    expect(await caseOf(vn)).toMatchObject({ reason: 'enter-at-nhso', cardRead: { kind: 'certified' } });

    await bridge.kill('SIGKILL');
    const pid = plainPerson(2301).cid ?? '';
    const { claimCode } = hospital.agent.control.issueCode({ pid, channel: 'new-authen' });
    bridge = await hospital.startBridge();
    expect((await bridge.post('/api/card-reads', message)).status, 'sent again').toBe(200);
    await eventually('written', isIn(vn, 'written'));
    expect(await hospital.codeInHis(vn)).toBe(claimCode);
    expect([...confirms(2301), ...hospital.agent.control.confirms(OFFICER)]).toEqual([]);

    const fhir = new Client({ baseUrl: `${bridge.url}/fhir`, bearerToken: hospital.key });
    const bundle = await fhir.search({
      resourceType: 'Provenance',
      searchParams: { target: `Encounter/${HCODE}-${vn}` },
    });
    const [found] = (bundle.entry ?? []) as { resource: object }[];
    expect(found?.resource).toMatchObject({
      activity: { coding: [{ code: 'certified' }] },
      reason: [{ text: 'ลืมบัตรประชาชน' }],
      agent: [{ role: [{ coding: [{ code: 'officer' }] }] }, { who: { display: 'counter-1' } }],
    });
    expect(JSON.stringify(bundle)).not.toContain(OFFICER);
  }, 180_000);

  it.each(['line', 'kiosk', 'erm'] as const)(
    'with a photo: a code that came by %s is adopted',
    async (channel) => {
      const n = { line: 2311, kiosk: 2312, erm: 2313 }[channel];
      const vn = await hospital.patient(n, bridge, { card: false });
      const message = photographed(n);
      expect((await bridge.post('/api/card-reads', message)).status).toBe(201);
      await eventually('on the list', isIn(vn, 'needs-staff'));
      const pid = plainPerson(n).cid ?? '';
      const { claimCode } = hospital.agent.control.issueCode({ pid, channel });
      await eventually('written', isIn(vn, 'written'));
      expect(await hospital.codeInHis(vn)).toBe(claimCode);
      expect(confirms(n)).toEqual([]);
      const shown = await fetch(`${bridge.url}/api/card-reads/${message.id}/photo`, {
        headers: { authorization: `Bearer ${hospital.key}` },
      });
      expect(Buffer.from(await shown.arrayBuffer()).toString('base64')).toBe(message.photo);
    },
    120_000,
  );

  it('whose own card turns up gets a code by it, asked for once', async () => {
    const vn = await hospital.patient(2321, bridge, { card: false });
    expect((await bridge.post('/api/card-reads', photographed(2321))).status).toBe(201);
    await eventually('on the list', isIn(vn, 'needs-staff'));
    await bridge.cardRead(hospital.agent, plainPerson(2321).cid ?? '');
    await eventually('written', isIn(vn, 'written'));
    expect(await caseOf(vn)).toMatchObject({ cardRead: { kind: 'full' } });
    expect(confirms(2321)).toMatchObject([{ asked: 1, issued: 1 }]);
  }, 120_000);

  it('nobody certifies without a card of their own in the reader', async () => {
    const vn = await hospital.patient(2331, bridge, { card: false });
    const early = await bridge.post('/api/card-reads', certified(2331, randomUUID()));
    expect([early.status, early.json.code]).toEqual([425, 'certifier-card-missing']);
    await eventually('seen', isIn(vn, 'awaiting-card'));
  }, 60_000);
});

/** What a masked citizen id ends with: `01-4`. */
function maskedEnd(pid: string): string {
  return `${pid.slice(-3, -1)}-${pid.slice(-1)}`;
}
