/** The right search over REST: what is sent, what each answer says, and how it fails. */

import { afterEach, describe, expect, test } from 'vitest';
import { openRightSearchRest } from '../../../../adapters/nhso/web/right-search-rest.ts';
import { everythingOf, faultOf } from '../given.ts';
import { http, rawServer } from '../raw-server.ts';
import { JWT, OTHER_PID, PID, TIMEOUT_MS } from './given.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((o) => o.close()));
});

async function serviceThatGets(answer: string) {
  const server = await rawServer((socket) => socket.write(answer));
  const rights = openRightSearchRest({
    url: `${server.url}/api/ucws/v1/right-search`,
    timeoutMs: TIMEOUT_MS,
  });
  open.push(rights, server);
  return { server, search: () => rights.search(PID, { value: JWT, account: null }) };
}

const foundIn = async (json: unknown) => (await serviceThatGets(http(200, JSON.stringify(json)))).search();
const faultIn = async (json: unknown) => faultOf(foundIn(json));

const fund = {
  mainInscl: { id: 'UCS', name: 'สิทธิหลักประกันสุขภาพแห่งชาติ' },
  subInscl: { id: '89', name: 'ช่วงอายุ 12-59 ปี' },
  hospMain: { hcode: '10978', hname: 'รพ.ทดสอบ' },
  hospMainOp: { hcode: '10978', hname: 'รพ.ทดสอบ' },
  hospSub: { hcode: '04047', hname: 'รพ.สต.ทดสอบ' },
  ...{ paidModel: '1', startDateTime: '2017-01-01T00:00:00', cardId: '100' },
};
const person = {
  ...{ checkDate: '2026-11-20T08:15:00', pid: PID, tname: 'น.ส.', fname: 'ทดสอบ', lname: 'ไม่มีจริง' },
  ...{ birthDate: '25230413', sex: { id: '2', name: 'หญิง' }, nation: { id: '099', name: 'ไทย' } },
};
const right = {
  mainInscl: '(UCS) สิทธิหลักประกันสุขภาพแห่งชาติ',
  subInscl: '(89) ช่วงอายุ 12-59 ปี',
  hospMain: { hcode: '10978', hname: 'รพ.ทดสอบ' },
  hospMainOp: { hcode: '10978', hname: 'รพ.ทดสอบ' },
  hospSub: { hcode: '04047', hname: 'รพ.สต.ทดสอบ' },
  ...{ paidModel: '1', startDateTime: Date.UTC(2016, 11, 31, 17) },
};
const who = {
  ...{ title: 'น.ส.', fname: 'ทดสอบ', lname: 'ไม่มีจริง', birthDate: '1980-04-13' },
  ...{ sex: 'female', nationality: '099' },
};

test('what is sent: one GET, the token in its header alone', async () => {
  const { server, search } = await serviceThatGets(http(200, JSON.stringify({ ...person, funds: [fund] })));
  await search();
  const [request = '', ...more] = server.requests;
  expect(more).toEqual([]);
  expect(request.split('\r\n')[0]).toBe(`GET /api/ucws/v1/right-search?pid=${PID} HTTP/1.1`);
  expect(request).toContain(`authorization: Bearer ${JWT}\r\n`);
  expect(request.split(JWT)).toHaveLength(2);
});

test('a right, written as the agent writes it', async () => {
  expect(await foundIn({ ...person, funds: [fund] })).toEqual({ kind: 'right', right, person: who });
});

test('of several funds the first that names a main right', async () => {
  const sss = { ...fund, mainInscl: { id: 'SSS', name: 'สิทธิประกันสังคม' } };
  expect(await foundIn({ ...person, funds: [sss, fund] })).toMatchObject({
    right: { mainInscl: '(SSS) สิทธิประกันสังคม' },
  });
  expect(await foundIn({ ...person, funds: [null, { mainInscl: null }, fund] })).toMatchObject({ right });
});

test('fields told in another way, or not at all', async () => {
  const odd = {
    ...person,
    tname: undefined,
    titleName: 'นาง',
    sex: 'ชาย',
    nation: '099',
    birthDate: '13/04/2523',
  };
  const bare = { mainInscl: { id: '(OFC)', name: '(OFC) สิทธิข้าราชการ' }, hospMain: 'x', startDateTime: 'x' };
  expect(await foundIn({ ...odd, funds: [bare] })).toEqual({
    kind: 'right',
    person: { ...who, title: 'นาง', sex: 'male' },
    right: {
      ...{ mainInscl: '(OFC) สิทธิข้าราชการ', subInscl: null, paidModel: null, startDateTime: null },
      ...{ hospMain: null, hospMainOp: null, hospSub: null },
    },
  });
});

describe('no right, and nobody', () => {
  test.each<[string, object]>([
    ['no funds', { funds: [] }],
    ['null', { funds: null }],
    ['no such key', {}],
    ['a fund of nothing', { funds: [{}, { mainInscl: null }, { mainInscl: { id: '', name: null } }] }],
  ])('the person is known, %s: no right', async (_, funds) => {
    expect(await foundIn({ ...person, ...funds })).toEqual({ kind: 'no-right', person: who });
  });

  test.each<[string, object]>([
    ['the person without a name', { pid: PID }],
    ['no name and no funds', { fname: null, funds: [] }],
    ['an empty name', { pid: PID, fname: '', funds: null }],
  ])('%s: unknown', async (_, json) => {
    expect(await foundIn(json)).toEqual({ kind: 'unknown-person' });
  });
});

test.each<[string, unknown, string]>([
  ['nothing of its own', {}, 'agent-bad-answer'],
  ['another program', { status: 'UP' }, 'agent-bad-answer'],
  ['an array', [], 'agent-bad-answer'],
  ['null', null, 'agent-bad-answer'],
  ['funds that are no list', { ...person, funds: {} }, 'agent-bad-answer'],
  ['funds that cannot be read', { ...person, funds: [{ mainInscl: [] }] }, 'agent-bad-answer'],
  ['a main right without a code', { ...person, funds: [{ mainInscl: { name: 'x' } }] }, 'agent-bad-answer'],
  ['a right of nobody', { funds: [fund] }, 'agent-bad-answer'],
  ['another person', { ...person, pid: OTHER_PID, funds: [fund] }, 'agent-bad-answer'],
  ['a person that cannot be read', { ...person, pid: {}, funds: [fund] }, 'agent-bad-answer'],
  ['words about the token', { message: 'token is expired' }, 'token-refused'],
])('%s is no right, never an empty one', async (_, json, code) => {
  const fault = await faultIn(json);
  expect(fault.code).toBe(code);
  expect(everythingOf(fault)).not.toContain(PID);
  expect(everythingOf(fault)).not.toContain(OTHER_PID);
});

test.each<[number, string]>([
  [401, 'token-refused no'],
  [403, 'token-refused no'],
  [400, 'nhso-refused no'],
  [404, 'nhso-refused no'],
  [429, 'nhso-unavailable yes'],
  [500, 'nhso-unavailable yes'],
  [302, 'agent-bad-answer yes'],
])('%i: %s', async (status, expected) => {
  const { search } = await serviceThatGets(http(status, JSON.stringify({ message: `of ${PID} by ${JWT}` })));
  const fault = await faultOf(search());
  expect(`${fault.code} ${fault.retry}`).toBe(expected);
  expect(everythingOf(fault)).not.toContain(PID);
  expect(everythingOf(fault)).not.toContain(JWT);
});
