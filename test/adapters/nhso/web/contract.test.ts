/** The adapters against NHSO's web services in miniature, which know nothing of the bridge's parsers. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openAuthenStatusOf, openRightSearch } from '../../../../adapters/nhso/web/registry.ts';
import { BREAKAGES } from '../../../../simulators/common/breakage.ts';
import { type NhsoWebSimulator, startNhsoWeb } from '../../../../simulators/nhso-web/start.ts';
import type { RightSearch } from '../../../../src/service/ports/right-search.ts';
import { SAMPLE_AT, SAMPLE_DATE, sampleCitizenId } from '../../../support/samples.ts';
import { faultOf } from '../given.ts';
import { ACCOUNT, TIMEOUT_MS } from './given.ts';

const PID = sampleCitizenId(31);
const NOBODY = sampleCitizenId(32);
const NO_RIGHT = sampleCitizenId(33);
const UUID = '0b5f7a52-5d1e-4c1e-9a36-3f1d0c9be001';

let nhso: NhsoWebSimulator;
const open: { close(): Promise<void> }[] = [];
beforeEach(async () => {
  nhso = await startNhsoWeb({ hcode: '10978', hospitalToken: UUID });
  nhso.control.addPeople([
    { pid: PID, fname: 'ทดสอบ', lname: 'ไม่มีจริง', sex: 'หญิง', birthDate: '1980-04-13', right: 'UCS' },
    { pid: NOBODY, known: false },
    { pid: NO_RIGHT, right: 'none' },
  ]);
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((o) => o.close()));
  await nhso.close();
});

const timeouts = { lookupMs: TIMEOUT_MS };

function authenStatus(lookupMs = TIMEOUT_MS) {
  const status = openAuthenStatusOf({
    zone: 'test',
    authenStatusUrl: nhso.urls.authenStatus,
    timeouts: { lookupMs },
  });
  if (status === null) throw new Error('not opened');
  open.push(status);
  return status;
}

function rightSearch(source: 'ucws' | 'srm'): RightSearch {
  const url = source === 'ucws' ? nhso.urls.ucws : nhso.urls.rightSearch;
  const rights = openRightSearch({ zone: 'test', rights: { source, url }, timeouts });
  if (rights === null) throw new Error('not opened');
  open.push(rights);
  return rights;
}

describe('check-authen-status', () => {
  test.each([['boolean'], ['text'], ['contrary']] as const)(
    'histories, statusAuthen as %s: of all hospitals, channels, days and kinds',
    async (statusAuthen) => {
      nhso.control.statusForm({ statusAuthen });
      const issuedAt = SAMPLE_AT;
      const own = nhso.control.issueCode({ pid: PID, issuedAt, channel: 'kiosk' });
      const closing = nhso.control.issueCode({ pid: PID, issuedAt, kind: 'EP' });
      const elsewhere = nhso.control.issueCode({ pid: PID, issuedAt, hcode: '10666' });
      const dialysis = nhso.control.issueCode({ pid: PID, issuedAt, claimType: 'PG0130001' });
      const earlier = nhso.control.issueCode({ pid: PID, issuedAt: issuedAt - 30 * 86_400_000 });
      nhso.control.issueCode({ pid: NOBODY, issuedAt });
      const found = await authenStatus().codesOn(PID, SAMPLE_DATE, UUID);
      const told = (c: typeof own, channel: string) => ({
        ...{ claimCode: c.claimCode, claimType: c.claimType, hcode: c.hcode, pid: PID, channel },
        issuedAt: Math.floor(c.issuedAt / 1000) * 1000,
      });
      const byCode = (a: { claimCode: string }, b: { claimCode: string }) =>
        a.claimCode < b.claimCode ? -1 : 1;
      expect(found.toSorted(byCode)).toEqual(
        [told(own, 'KIOSK'), ...[closing, elsewhere, dialysis, earlier].map((c) => told(c, 'LINE'))].toSorted(
          byCode,
        ),
      );
    },
  );

  test('the older flat form, with a code and without', async () => {
    nhso.control.statusForm({ shape: 'flat' });
    expect(await authenStatus().codesOn(PID, SAMPLE_DATE, UUID)).toEqual([]);
    const { claimCode } = nhso.control.issueCode({ pid: PID, issuedAt: SAMPLE_AT });
    expect(await authenStatus().codesOn(PID, SAMPLE_DATE, UUID)).toMatchObject([
      { claimCode, claimType: 'PG0060001', hcode: '10978', issuedAt: SAMPLE_AT, channel: null, pid: PID },
    ]);
  });

  test('no code, and nobody: none', async () => {
    expect(await authenStatus().codesOn(PID, SAMPLE_DATE, UUID)).toEqual([]);
    expect(await authenStatus().codesOn(NOBODY, SAMPLE_DATE, UUID)).toEqual([]);
  });

  test('a token that is nobody’s, or no longer is', async () => {
    nhso.control.dismissHospital(UUID);
    const fault = await faultOf(authenStatus().codesOn(PID, SAMPLE_DATE, UUID));
    expect(fault).toMatchObject({ code: 'token-refused', retry: 'no' });
  });

  test.each(BREAKAGES.map((how) => [how] as const))('down in the way of %s: never "no code"', async (how) => {
    nhso.control.issueCode({ pid: PID, issuedAt: SAMPLE_AT });
    nhso.control.down(how);
    const fault = await faultOf(authenStatus(1_000).codesOn(PID, SAMPLE_DATE, UUID));
    expect(['nhso-unavailable', 'agent-bad-answer']).toContain(fault.code);
    expect(fault.retry).toBe('yes');
    nhso.control.up();
    expect(await authenStatus().codesOn(PID, SAMPLE_DATE, UUID)).toHaveLength(1);
  });
});

describe.each(['ucws', 'srm'] as const)('right search, %s', (source) => {
  const logIn = () =>
    source === 'ucws'
      ? { value: nhso.control.ucLogIn(ACCOUNT), account: ACCOUNT }
      : { value: nhso.control.srmLogIn(ACCOUNT).accessToken, account: ACCOUNT };

  test('a right, as the agent would have told it', async () => {
    const found = await rightSearch(source).search(PID, logIn());
    expect(found).toMatchObject({
      kind: 'right',
      person: { fname: 'ทดสอบ', lname: 'ไม่มีจริง', sex: 'female', birthDate: '1980-04-13' },
      right: { hospMain: { hcode: '10978' }, startDateTime: Date.UTC(2017, 3, 30, 17) },
    });
    const told = nhso.control.centre.read(PID, '10978');
    expect(found).toMatchObject({ right: { mainInscl: told.mainInscl, subInscl: told.subInscl } });
  });

  test('no right, and nobody', async () => {
    const token = logIn();
    expect(await rightSearch(source).search(NO_RIGHT, token)).toMatchObject({ kind: 'no-right' });
    expect(await rightSearch(source).search(NOBODY, token)).toEqual({ kind: 'unknown-person' });
  });

  test('a token dies at midnight, and with a log-in elsewhere', async () => {
    const rights = rightSearch(source);
    const first = logIn();
    expect(await rights.search(PID, first)).toMatchObject({ kind: 'right' });
    const second = logIn();
    expect(await faultOf(rights.search(PID, first))).toMatchObject({ code: 'token-refused', retry: 'no' });
    expect(await rights.search(PID, second)).toMatchObject({ kind: 'right' });
    nhso.control.midnight();
    expect(await faultOf(rights.search(PID, second))).toMatchObject({ code: 'token-refused', retry: 'no' });
    expect(await rights.search(PID, logIn())).toMatchObject({ kind: 'right' });
  });

  test('down, and up again: a failure is thrown, and the next search is well', async () => {
    const rights = rightSearch(source);
    for (const how of BREAKAGES.filter((b) => b !== 'timeout')) {
      nhso.control.down(how);
      const fault = await faultOf(rights.search(PID, logIn()));
      expect([how, fault.retry]).toEqual([how, 'yes']);
      nhso.control.up();
      expect(await rights.search(PID, logIn())).toMatchObject({ kind: 'right' });
    }
    await nhso.control.stop();
    expect(await faultOf(rights.search(PID, logIn()))).toMatchObject({
      code: 'nhso-unavailable',
      retry: 'yes',
    });
    await nhso.control.start();
    expect(await rights.search(PID, logIn())).toMatchObject({ kind: 'right' });
  });
});

test('a SOAP fault and any other ws_status are failures', async () => {
  const rights = rightSearch('ucws');
  const token = { value: nhso.control.ucLogIn(ACCOUNT), account: ACCOUNT };
  nhso.control.statusWord({ status: 'NHSO-00099', description: 'ระบบปิดปรับปรุง' });
  expect(await faultOf(rights.search(PID, token))).toMatchObject({
    code: 'nhso-refused',
    detail: { wsStatus: 'NHSO-00099', nhsoMessage: 'ระบบปิดปรับปรุง' },
  });
  nhso.control.failNext({ call: 'searchCurrentByPID', status: 500 });
  expect((await faultOf(rights.search(PID, token))).code).toBe('nhso-unavailable');
  expect(await rights.search(PID, token)).toMatchObject({ kind: 'right' });
});

test('what is not configured is not opened; a token alone opens the address of its zone', async () => {
  expect(openAuthenStatusOf({ zone: 'prod', timeouts })).toBeNull();
  expect(openRightSearch({ zone: 'prod', timeouts })).toBeNull();
  const own = openAuthenStatusOf({ zone: 'prod', serviceToken: UUID, timeouts });
  expect(own).not.toBeNull();
  await own?.close();
});
