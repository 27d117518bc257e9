/** check-authen-status against the reference page, both forms. */

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { NhsoCentre } from '../../../simulators/nhso-agent/centre.ts';
import { startNhsoAgent } from '../../../simulators/nhso-agent/start.ts';
import { type NhsoWebSimulator, startNhsoWeb } from '../../../simulators/nhso-web/start.ts';
import { confirm, goodRequest } from '../nhso-agent/wire.ts';
import { ask, PID, status, today } from './support.ts';

const DAY = '2026-11-19';
const at = (date: string, time = '09:30:00') => Date.parse(`${date}T${time}+07:00`);

let web: NhsoWebSimulator;
beforeAll(async () => {
  web = await startNhsoWeb();
});
afterAll(() => web.close());
afterEach(() => web.control.reset());

describe('who may ask', () => {
  test.each([
    ['no token', {}],
    ['an unknown one', { authorization: 'Bearer 00000000-0000-4000-8000-000000000000' }],
    ['another scheme', { authorization: 'Basic eDp5' }],
  ])('%s: 401', async (_what, headers) => {
    const url = `${web.urls.authenStatus}/api/check-authen-status?personalId=${PID}&serviceDate=${DAY}`;
    expect(await ask(url, { headers })).toMatchObject({ status: 401, json: { error: 'Unauthorized' } });
    expect(web.control.requests()).toMatchObject([{ outcome: 'refused', caller: null, pid: null }]);
  });

  test('a hospital that was admitted, until it is dismissed', async () => {
    const token = web.control.admitHospital('11472');
    expect((await status(web, DAY, { token })).status).toBe(200);
    expect(web.control.requests()).toMatchObject([{ caller: '11472', pid: PID, serviceDate: DAY }]);
    web.control.dismissHospital(token);
    expect((await status(web, DAY, { token })).status).toBe(401);
    expect((await status(web, DAY)).status).toBe(200);
  });
});

test.each([
  ['personalId', 'personalId=12&serviceDate=2026-11-19'],
  ['serviceDate', `personalId=${PID}&serviceDate=19/11/2569`],
  ['serviceDate', `personalId=${PID}`],
])('a wrong %s is refused by its name', async (name, query) => {
  const headers = { authorization: `Bearer ${web.hospitalToken}` };
  const got = await ask(`${web.urls.authenStatus}/api/check-authen-status?${query}`, { headers });
  expect(got).toMatchObject({ status: 400, json: { message: expect.stringContaining(name) } });
});

describe('histories', () => {
  beforeEach(() => {
    const { control } = web;
    control.issueCode({ pid: PID, claimCode: 'PP1', issuedAt: at(DAY), mobile: '0812345678' });
    control.issueCode({
      pid: PID,
      claimCode: 'PP2',
      issuedAt: at(DAY, '23:59:59'),
      hcode: '11472',
      channel: 'kiosk',
    });
    control.issueCode({ pid: PID, claimCode: 'EP3', kind: 'EP', issuedAt: at(DAY, '16:00:00') });
    control.issueCode({ pid: PID, claimCode: 'PP4', issuedAt: at('2026-11-18'), claimType: 'PG0130001' });
    control.issueCode({ pid: PID, claimCode: 'PP5', issuedAt: at('2026-11-20', '00:00:00') });
  });

  test('other hospitals, other days and close-visit codes are among them; absent is absent', async () => {
    const { json, text } = await status(web, DAY);
    expect(json).toMatchObject({ statusAuthen: true, mainInscl: { id: 'UCS' }, subInscl: { id: '89' } });
    const histories = json.serviceHistories as Record<string, unknown>[];
    expect(histories.map((h) => h.claimCode)).toEqual(['PP2', 'EP3', 'PP1', 'PP5', 'PP4']);
    expect(histories[2]).toEqual({
      hospital: { hcode: '10978', hname: 'โรงพยาบาลจำลอง 10978' },
      serviceDateTime: '2026-11-19T09:30:00',
      claimCode: 'PP1',
      service: { code: 'PG0060001', name: 'เข้ารับบริการรักษาทั่วไป (OPD/ IPD/ PP)' },
      sourceChannel: 'LINE',
      tel: '0812345678',
    });
    expect(histories[0]).toMatchObject({ hospital: { hcode: '11472' }, sourceChannel: 'KIOSK' });
    expect(histories[0]).not.toHaveProperty('tel');
    expect(text).not.toContain('null');
  });

  test('of one claim type, and without other days', async () => {
    const hd = await status(web, DAY, { code: 'PG0130001' });
    expect(hd.json).toMatchObject({ statusAuthen: false, serviceHistories: [{ claimCode: 'PP4' }] });
    web.control.statusForm({ otherDays: 0 });
    expect((await status(web, DAY)).json.serviceHistories).toHaveLength(3);
    expect((await status(web, '2026-11-17')).json).toMatchObject({
      statusAuthen: false,
      serviceHistories: [],
    });
  });

  test.each([
    ['text', 'true', 'false'],
    ['boolean', true, false],
    ['contrary', false, false],
  ] as const)('statusAuthen as %s', async (statusAuthen, there, none) => {
    web.control.statusForm({ statusAuthen });
    expect((await status(web, DAY)).json.statusAuthen).toBe(there);
    expect((await status(web, '2026-11-17')).json.statusAuthen).toBe(none);
  });

  test('the older, flat form: the newest of the day, and no code where there is none', async () => {
    web.control.statusForm({ shape: 'flat' });
    const { json } = await status(web, DAY);
    expect(json).toMatchObject({
      ...{ hcode: '11472', hname: 'โรงพยาบาลจำลอง 11472', serviceDate: '2026-11-19T23:59:59' },
      ...{ serviceCode: 'PG0060001', serviceName: expect.stringContaining('OPD'), claimCode: 'PP2' },
    });
    expect(json).not.toHaveProperty('serviceHistories');
    const none = await status(web, '2026-11-17');
    expect(none.json).not.toHaveProperty('claimCode');
    expect(none.json.statusAuthen).toBe(false);
  });
});

test('no right and unknown persons: the keys are absent', async () => {
  web.control.addPeople([{ pid: PID, right: 'none' }]);
  const none = (await status(web, DAY)).json;
  expect(none).toHaveProperty('firstName');
  expect(none).not.toHaveProperty('mainInscl');
  web.control.addPeople([{ pid: PID, known: false }]);
  expect((await status(web, DAY)).json).not.toHaveProperty('firstName');
});

describe('a code issued at a counter is found here', () => {
  test('of the same centre', async () => {
    const centre = new NhsoCentre();
    const [agent, own] = [await startNhsoAgent({ centre }), await startNhsoWeb({ centre })];
    try {
      const { json } = await confirm(agent.url, await goodRequest(agent.url, PID));
      expect((await status(own, today())).json).toMatchObject({
        statusAuthen: true,
        serviceHistories: [{ claimCode: json.claimCode, sourceChannel: 'AGENT', tel: '0812345678' }],
      });
      // NHSO that is down is down for its web services too
      agent.control.nhsoDown('500');
      expect((await status(own, today())).status).toBe(500);
    } finally {
      await Promise.all([agent.close(), own.close()]);
    }
  });

  test('of another process, as often as is asked; when that is gone the call fails', async () => {
    const agent = await startNhsoAgent();
    const own = await startNhsoWeb({ agentUrl: agent.url });
    try {
      const { json } = await confirm(agent.url, await goodRequest(agent.url, PID));
      for (const _ of [1, 2]) {
        expect((await status(own, today())).json.serviceHistories).toMatchObject([
          { claimCode: json.claimCode },
        ]);
      }
      await agent.close();
      expect(await status(own, today())).toMatchObject({ status: 502 });
    } finally {
      await own.close();
    }
  });
});
