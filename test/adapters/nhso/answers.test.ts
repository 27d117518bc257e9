/** What answers may look like: absent keys, both spellings, numbers for codes, Buddhist dates. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { NhsoAgent } from '../../../src/service/ports/nhso-agent.ts';
import { agentAt, faultOf, PID, REQUEST } from './given.ts';
import { http, type RawServer, rawServer } from './raw-server.ts';

let server: RawServer;
let agent: NhsoAgent;
let body: unknown;

beforeAll(async () => {
  server = await rawServer((socket) => socket.write(http(200, JSON.stringify(body))));
  agent = agentAt(server.url);
});
afterAll(async () => {
  await agent.close();
  await server.close();
});

describe('read', () => {
  test('the printed sample (seed 000), with an invented person', async () => {
    body = {
      pid: PID,
      titleName: '004',
      fname: 'ทดสอบ',
      lname: 'ไม่มีจริง',
      nation: '099',
      birthDate: '25170605',
      sex: 'ชาย',
      transDate: '2018-02-01T17:30:04',
      mainInsc1: '(SSS) สิทธิประกันสังคม',
      subInsc1: '(S1) สิทธิเบิกกองทุนประกันสังคม (ผู้ประกันตน)',
      age: 'xxx',
      checkDate: '2022-09-29T21:52:27',
      claimTypes: [{ claimType: 'PG0060001', claimTypeName: 'เข้ารับบริการรักษาทั่วไป (OPD/ IPD/ PP)' }],
      correlationId: 'efbdcfd-0e88-45c7-86e9-49bb6a85a3fd',
      hospMain: { hcode: '11472', hname: 'รพ.ราชวิถี' },
      startDateTime: '2017-05-01T00:00:00',
    };
    expect(await agent.read()).toEqual({
      pid: PID,
      titleName: '004',
      fname: 'ทดสอบ',
      lname: 'ไม่มีจริง',
      nation: '099',
      birthDate: '1974-06-05',
      sex: 'male',
      checkDate: Date.parse('2022-09-29T14:52:27Z'),
      claimTypes: [{ claimType: 'PG0060001', claimTypeName: 'เข้ารับบริการรักษาทั่วไป (OPD/ IPD/ PP)' }],
      correlationId: 'efbdcfd-0e88-45c7-86e9-49bb6a85a3fd',
      right: {
        mainInscl: '(SSS) สิทธิประกันสังคม',
        subInscl: '(S1) สิทธิเบิกกองทุนประกันสังคม (ผู้ประกันตน)',
        hospMain: { hcode: '11472', hname: 'รพ.ราชวิถี' },
        hospMainOp: null,
        hospSub: null,
        paidModel: null,
        startDateTime: Date.parse('2017-04-30T17:00:00Z'),
      },
    });
  });

  const bare = {
    pid: PID,
    ...{ titleName: null, fname: null, lname: null, birthDate: null, sex: null, nation: null },
    ...{ correlationId: null, claimTypes: [], right: null, checkDate: null },
  };

  test('a pid alone is a read; null and absent are the same', async () => {
    body = { pid: PID };
    expect(await agent.read()).toEqual(bare);
    body = Object.fromEntries(Object.keys({ ...bare, mainInscl: 0, hospMain: 0 }).map((k) => [k, null]));
    Object.assign(body as object, { pid: PID, unheardOf: { of: [1] } });
    expect(await agent.read()).toEqual(bare);
  });

  test('the live spelling goes before the printed one', async () => {
    body = { pid: PID, mainInscl: '(UCS) l', mainInsc1: '(UCS) 1', subInsc1: '(89) 1' };
    expect((await agent.read()).right).toMatchObject({ mainInscl: '(UCS) l', subInscl: '(89) 1' });
  });

  test('codes may be numbers, and get their leading zeros back', async () => {
    body = {
      pid: Number(PID),
      titleName: 4,
      nation: 99,
      birthDate: 25170605,
      sex: 2,
      paidModel: 5,
      hospMain: { hcode: 123 },
    };
    expect(await agent.read()).toMatchObject({
      ...{ pid: PID, titleName: '004', nation: '099', birthDate: '1974-06-05', sex: 'female' },
      right: { paidModel: '5', hospMain: { hcode: '00123', hname: null } },
    });
  });

  test('what only describes never costs the read; what decides must be right', async () => {
    body = {
      pid: PID,
      fname: {},
      sex: [],
      birthDate: 'soon',
      hospMain: 7,
      checkDate: 'later',
      mainInscl: true,
    };
    expect(await agent.read()).toEqual(bare);
    for (const [wrong, field] of [
      [{ fname: 'x' }, 'pid'],
      [{ pid: '12345' }, 'pid'],
      [{ pid: { of: PID } }, 'pid'],
      [{ pid: PID, correlationId: [] }, 'correlationId'],
      [{ pid: PID, claimTypes: 'PG0060001' }, 'claimTypes'],
      [{ pid: PID, claimTypes: [{ claimType: {} }] }, 'claimTypes.0.claimType'],
    ] as const) {
      body = wrong;
      const fault = await faultOf(agent.read());
      expect(fault).toMatchObject({ code: 'agent-bad-answer', retry: 'yes' });
      expect(fault.message).toContain(`: ${field}: `);
    }
  });

  test('a claim type without its code is no offer', async () => {
    body = { pid: PID, claimTypes: [{ claimTypeName: 'x' }, { claimType: 'PG0130001' }] };
    expect((await agent.read()).claimTypes).toEqual([{ claimType: 'PG0130001', claimTypeName: null }]);
  });

  test.each([
    ['25170605', '1974-06-05'],
    ['25170600', '1974-06'],
    ['25170000', '1974'],
    ['25170012', '1974'],
    ['25430229', '2000-02-29'],
    ['25440229', null],
    ['25171305', null],
    ['25171300', null],
    ['19740605', '1974-06-05'],
    ['00000000', null],
    ['2517', null],
    ['', null],
  ])('birth date %s is %s', async (written, expected) => {
    body = { pid: PID, birthDate: written };
    expect((await agent.readCardOnly()).birthDate).toBe(expected);
  });
});

test('terminals: present by either name, as boolean or text', async () => {
  body = [
    { terminalName: 'A', isPresent: 'true' },
    { terminalName: 'B', present: true },
    { terminalName: 'C' },
  ];
  expect((await agent.terminals()).map((t) => t.isPresent)).toEqual([true, true, false]);
  body = { terminalName: 'A' };
  expect(await faultOf(agent.terminals())).toMatchObject({ code: 'agent-bad-answer' });
});

describe('confirm', () => {
  test('200 without a code is a receipt without a code', async () => {
    for (const claimCode of [undefined, null, '', '  ']) {
      body = { pid: PID, claimCode };
      expect(await agent.confirmSave(REQUEST)).toMatchObject({ pid: PID, claimCode: null });
    }
  });

  test('an odd date or person beside the code does not lose it', async () => {
    body = { claimCode: ' PP0123456789 ', createdDate: 'yesterday', pid: {}, claimType: 1 };
    expect(await agent.confirmSave(REQUEST)).toEqual({
      ...{ pid: null, claimType: '1', correlationId: null, createdAt: null, claimCode: 'PP0123456789' },
    });
  });

  test('a code that is no text must be asked for at NHSO', async () => {
    body = { pid: PID, claimCode: { code: 'PP0123456789' } };
    expect(await faultOf(agent.confirmSave(REQUEST))).toMatchObject({
      code: 'agent-bad-answer',
      retry: 'ask-first',
    });
  });
});

describe('look-ups', () => {
  const code = {
    claimType: 'PG0060001',
    claimCode: 'PP1',
    hcode: '10978',
    claimDateTime: '2026-11-20T08:15:00',
  };
  const found = {
    ...{ claimCode: 'PP1', claimType: 'PG0060001', hcode: '10978', pid: PID },
    issuedAt: Date.parse('2026-11-20T01:15:00Z'),
  };

  test('none: an object without a code, an empty array, elements without a code', async () => {
    for (const none of [{}, { claimCode: null, hcode: [] }, { claimCode: '' }, [], [{ checkDate: 'x' }]]) {
      body = none;
      expect(await agent.latestAuthenCode(PID)).toBeNull();
      expect(await agent.latestFiveAllHospitals(PID)).toEqual([]);
    }
  });

  test('object and array are taken for either call; the newest is the latest', async () => {
    body = code;
    expect(await agent.latestFiveAllHospitals(PID)).toEqual([found]);
    body = [
      { claimCode: 'PP9' },
      { ...code, claimDateTime: '2026-11-19T23:00:00', claimCode: 'PP0' },
      {},
      code,
    ];
    expect(await agent.latestAuthenCode(PID)).toEqual(found);
    expect((await agent.latestFiveAllHospitals(PID)).map((c) => c.claimCode)).toEqual(['PP9', 'PP0', 'PP1']);
  });

  test('an answer that names its person keeps it; numbers and a zone are understood', async () => {
    body = { ...code, pid: 1103700000022, hcode: 10978, claimDateTime: '2026-11-20T01:15:00Z' };
    expect(await agent.latestAuthenCode(PID)).toEqual({ ...found, pid: '1103700000022' });
  });

  test('what is not stated is null', async () => {
    body = { claimCode: 'PP1' };
    expect(await agent.latestAuthenCode(PID)).toEqual({
      ...{ claimCode: 'PP1', claimType: null, hcode: null, issuedAt: null, pid: PID },
    });
  });

  test('an odd element hides no other; what it does not state agrees with nothing', async () => {
    for (const odd of [7, null, 'PP1', { hcode: '10978' }]) {
      body = [odd, code];
      expect((await agent.latestFiveAllHospitals(PID)).map((c) => c.claimCode)).toEqual([code.claimCode]);
    }
    body = [{ ...code, claimDateTime: '0000-00-00T00:00:00', hcode: {}, claimType: [], pid: 'x' }];
    expect(await agent.latestFiveAllHospitals(PID)).toEqual([
      { claimCode: code.claimCode, claimType: null, hcode: null, issuedAt: null, pid: 'x' },
    ]);
  });

  test('a code that is there but cannot be read spoils the answer: it must not be overlooked', async () => {
    body = [code, { claimCode: [] }];
    expect(await faultOf(agent.latestFiveAllHospitals(PID))).toMatchObject({ code: 'agent-bad-answer' });
    expect(await faultOf(agent.latestAuthenCode(PID))).toMatchObject({
      code: 'agent-bad-answer',
      retry: 'yes',
    });
  });
});
