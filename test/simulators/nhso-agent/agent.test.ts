/** The simulator against the reference page, call by call, without any code of the bridge. */

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startNhsoAgent } from '../../../simulators/nhso-agent/start.ts';
import { confirm, get, goodRequest, OTHER_PID, PID, post, type Simulator } from './wire.ts';

let simulator: Simulator;
let url: string;
beforeAll(async () => {
  simulator = await startNhsoAgent();
  url = simulator.url;
});
afterAll(() => simulator.close());
beforeEach(() => simulator.control.insertCard(PID));
afterEach(() => simulator.control.reset());

const LOCAL = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$/;

describe('card calls', () => {
  test('terminals', async () => {
    expect((await get(url, '/api/smartcard/terminals')).json).toEqual([
      { terminalName: 'Virtual Smart Card Reader 0', isPresent: true },
    ]);
    simulator.control.unplugReader();
    expect((await get(url, '/api/smartcard/terminals')).text).toBe('[]');
  });

  test('read: Buddhist date, Thai sex and age, local date-times, no null keys, no image', async () => {
    simulator.control.addPeople([{ pid: PID, birthDate: '1974-06', sex: 'หญิง' }]);
    const { status, type, json, text } = await get(url, '/api/smartcard/read?readImageFlag=false');
    expect([status, type]).toEqual([200, 'application/json']);
    expect(json).toMatchObject({ pid: PID, birthDate: '25170600', sex: 'หญิง', nation: '099' });
    expect(json.mainInscl).toMatch(/^\(UCS\) /);
    expect(json.age).toMatch(/^\d+ ปี \d+ เดือน \d+ วัน$/);
    expect(json.checkDate).toMatch(LOCAL);
    expect(json.startDateTime).toMatch(LOCAL);
    expect(json.correlationId).toMatch(/^[0-9a-f-]{36}$/);
    expect(text).not.toContain('null');
    expect(json).not.toHaveProperty('image');
    expect((await get(url, '/api/smartcard/read?readImageFlag=true')).json.image).toMatch(/^\/9j\//);
  });

  test('each read has its own correlation id; the same person is read the same', async () => {
    const [one, two] = [await get(url, '/api/smartcard/read'), await get(url, '/api/smartcard/read')];
    expect(one.json.correlationId).not.toBe(two.json.correlationId);
    expect(one.json.lname).toBe(two.json.lname);
  });

  test('read-card-only: the card and nothing of NHSO’s', async () => {
    simulator.control.nhsoDown('timeout');
    const { json } = await get(url, '/api/smartcard/read-card-only');
    expect(Object.keys(json).sort()).toEqual(
      ['birthDate', 'fname', 'lname', 'nation', 'pid', 'sex', 'titleName'].sort(),
    );
  });

  test('500 without a card, 418 without a reader, for both reads', async () => {
    simulator.control.removeCard();
    for (const path of ['/api/smartcard/read', '/api/smartcard/read-card-only']) {
      expect((await get(url, path)).json).toMatchObject({
        status: 500,
        error: 'Internal Server Error',
        path,
      });
    }
    simulator.control.unplugReader();
    for (const path of ['/api/smartcard/read', '/api/smartcard/read-card-only']) {
      expect((await get(url, path)).json).toMatchObject({ status: 418, path });
    }
  });

  test('no right, no claim types, the printed spelling', async () => {
    simulator.control.addPeople([
      { pid: PID, right: 'none', claimTypes: [] },
      { pid: OTHER_PID, printedSpelling: true },
    ]);
    const none = await get(url, '/api/smartcard/read');
    for (const key of ['mainInscl', 'subInscl', 'hospMain', 'claimTypes'])
      expect(none.json).not.toHaveProperty(key);
    const printed = await get(url, `/api/smartcard/probe/${OTHER_PID}`);
    expect(printed.json).toHaveProperty('mainInsc1');
    expect(printed.json).not.toHaveProperty('mainInscl');
  });

  test('probe is missing in a PROD build', async () => {
    const prod = await startNhsoAgent({ zone: 'prod' });
    expect((await get(prod.url, `/api/smartcard/probe/${PID}`)).status).toBe(404);
    await prod.close();
  });

  test('preference leaks a token to anybody', async () => {
    const { json } = await get(url, '/api/preference');
    expect(json).toMatchObject({ defaultTerminal: 'Virtual Smart Card Reader 0' });
    expect(json.token).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('draft and confirm', () => {
  test('draft keeps, confirm issues, latest finds', async () => {
    const body = await goodRequest(url);
    const draft = await post(url, '/api/nhso-service/save-as-draft', body);
    expect(draft.status).toBe(200);
    expect(Object.keys(draft.json).sort()).toEqual(['claimType', 'createdDate', 'pid']);
    const latest = `/api/nhso-service/latest-authen-code/${PID}`;
    expect((await get(url, latest)).json).not.toHaveProperty('claimCode');
    const { json } = await confirm(url, body);
    expect(Object.keys(json).sort()).toEqual([
      'claimCode',
      'claimType',
      'correlationId',
      'createdDate',
      'pid',
    ]);
    expect(json.claimCode).toMatch(/^PP\d{10}$/);
    expect(json.createdDate).toMatch(LOCAL);
    expect((await get(url, latest)).json).toMatchObject({
      ...{
        claimCode: json.claimCode,
        claimType: 'PG0060001',
        hcode: '10978',
        claimDateTime: json.createdDate,
      },
    });
  });

  test.each([
    ['mobile', '081-234-567', 'หมายเลขโทรศัพท์ต้องเป็นตัวเลข 10 หลัก'],
    ['mobile', undefined, 'หมายเลขโทรศัพท์ต้องเป็นตัวเลข 10 หลัก'],
    ['claimType', 'PG9999999', 'ประเภทการเข้ารับบริการไม่ถูกต้อง'],
    ['correlationId', 'made-up', 'ไม่พบข้อมูลการตรวจสอบสิทธิ (correlationId)'],
    ['pid', OTHER_PID, 'correlationId ไม่ตรงกับเลขประจำตัวประชาชน'],
  ])('%s = %s is refused by draft and confirm', async (field, value, words) => {
    const body = { ...(await goodRequest(url)), [field]: value };
    for (const call of ['save-as-draft', 'confirm-save']) {
      const { status, json } = await post(url, `/api/nhso-service/${call}`, body);
      expect(status).toBe(400);
      expect(json).toMatchObject({ status: 400, error: 'Bad Request', errors: [{ defaultMessage: words }] });
    }
    expect(simulator.control.codes()).toEqual([]);
  });

  test('a body that is no JSON: 400; not said to be JSON: 415; nothing is counted as asked', async () => {
    expect((await confirm(url, '{"pid":')).json).toMatchObject({ status: 400 });
    const form = await post(url, '/api/nhso-service/confirm-save', '{}', 'text/plain');
    expect(form.json).toMatchObject({ status: 415, error: 'Unsupported Media Type' });
    expect(simulator.control.confirms()).toEqual([]);
  });
});

test('any web page may call it', async () => {
  const preflight = await fetch(`${url}/api/nhso-service/confirm-save`, { method: 'OPTIONS' });
  expect(preflight.status).toBe(200);
  expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
  expect(preflight.headers.get('access-control-allow-headers')).toContain('content-type');
  const read = await fetch(`${url}/api/smartcard/terminals`, { headers: { origin: 'http://his.local' } });
  expect(read.headers.get('access-control-allow-origin')).toBe('*');
});

test('what it does not have is a Spring 404', async () => {
  expect((await get(url, '/api/nothing')).json).toMatchObject({ status: 404, error: 'Not Found' });
});
