/** check-authen-status: what is sent, what each form of answer says, and status by status what the port promises. */

import { afterEach, describe, expect, test } from 'vitest';
import { openAuthenStatus } from '../../../../adapters/nhso/web/authen-status.ts';
import { parseServiceDate, type ServiceDate } from '../../../../src/domain/bangkok.ts';
import { everythingOf, faultOf } from '../given.ts';
import { http, type RawServer, rawServer } from '../raw-server.ts';
import { OTHER_PID, PID, SERVICE_DATE, TIMEOUT_MS, UUID } from './given.ts';

const DATE = parseServiceDate(SERVICE_DATE) as ServiceDate;
const AT = Date.UTC(2026, 10, 20, 1, 15);

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((o) => o.close()));
});

async function serviceThatGets(answer: string, timeoutMs = TIMEOUT_MS) {
  const server: RawServer = await rawServer((socket) => socket.write(answer));
  const status = openAuthenStatus({ url: `${server.url}/authencodestatus/`, timeoutMs });
  open.push(status, server);
  return { server, codes: (token = UUID, pid = PID) => status.codesOn(pid, DATE, token) };
}

const codesIn = async (json: unknown) => (await serviceThatGets(http(200, JSON.stringify(json)))).codes();
const faultIn = async (json: unknown) => faultOf(codesIn(json));

const history = {
  hospital: { hcode: '10978', hname: 'รพ.ทดสอบ' },
  serviceDateTime: '2026-11-20T08:15:00',
  claimCode: 'PP0000000001',
  service: { code: 'PG0060001', name: 'เข้ารับบริการรักษาทั่วไป' },
  sourceChannel: 'KIOSK',
  tel: '0812345678',
};
const code = {
  claimCode: 'PP0000000001',
  claimType: 'PG0060001',
  hcode: '10978',
  issuedAt: AT,
  channel: 'KIOSK',
  pid: PID,
};
const flat = {
  ...{ statusAuthen: 'true', hcode: '10978', hname: 'รพ.ทดสอบ', claimCode: 'PP0000000001' },
  ...{ serviceDate: '2026-11-20T08:15:00', serviceCode: 'PG0060001', serviceName: 'x' },
};

test('what is sent: one GET, the token in its header alone, the person where NHSO wants it', async () => {
  const { server, codes } = await serviceThatGets(http(200, '{"statusAuthen":false}'));
  await codes();
  const [request = '', ...more] = server.requests;
  expect(more).toEqual([]);
  const [line, ...headers] = request.split('\r\n');
  expect(line).toBe(
    `GET /authencodestatus/api/check-authen-status?personalId=${PID}&serviceDate=2026-11-20 HTTP/1.1`,
  );
  expect(headers).toContain(`authorization: Bearer ${UUID}`);
  expect(request.split(UUID)).toHaveLength(2);
});

describe('both forms', () => {
  test('histories, of other hospitals and days too', async () => {
    const other = { ...history, hospital: { hcode: 10666 }, claimCode: 'EP1', serviceDateTime: null };
    expect(await codesIn({ statusAuthen: true, serviceHistories: [history, other] })).toEqual([
      code,
      { ...code, hcode: '10666', claimCode: 'EP1', issuedAt: null },
    ]);
  });

  test('flat', async () => {
    expect(await codesIn(flat)).toEqual([{ ...code, channel: null }]);
  });

  test('a mixture: flat elements in the histories, one history that is no array', async () => {
    const { statusAuthen: _, ...element } = flat;
    expect(await codesIn({ serviceHistories: [element] })).toEqual([{ ...code, channel: null }]);
    expect(await codesIn({ serviceHistories: history })).toEqual([code]);
  });

  test.each([[true], [false], ['true'], ['false'], ['TRUE'], [null], [7]])(
    'codes are shown whatever statusAuthen says: %j',
    async (statusAuthen) => {
      expect(await codesIn({ statusAuthen, serviceHistories: [history] })).toEqual([code]);
    },
  );

  test.each([
    [{ statusAuthen: false, serviceHistories: [] }],
    [{ statusAuthen: 'false' }],
    [{ statusAuthen: false, serviceHistories: null, statusMessage: 'x' }],
    [{ serviceHistories: [] }],
    [{ statusAuthen: true, serviceHistories: [{ ...history, claimCode: null }, {}, null, 'x', 7] }],
    [{ ...flat, claimCode: null }],
  ])('no code: %j', async (json) => {
    expect(await codesIn(json)).toEqual([]);
  });
});

describe('moments', () => {
  test.each<[unknown, number | null]>([
    ['2026-11-20T08:15:00', AT],
    ['2026-11-20T08:15:00.123', AT + 123],
    ['2026-11-20 08:15', AT],
    ['2026-11-20T01:15:00Z', AT],
    ['2026-11-20T01:15:00.000+00:00', AT],
    ['2569-11-20T08:15:00', AT],
    ['20/11/2569 08:15:00', AT],
    ['20/11/2026 8:15', AT],
    ['25691120', Date.UTC(2026, 10, 19, 17)],
    ['2026-11-20', Date.UTC(2026, 10, 19, 17)],
    ['2567-02-29T08:15:00', Date.UTC(2024, 1, 29, 1, 15)],
    ['2566-02-29T08:15:00', null],
    ['2026-13-20T08:15:00', null],
    ['2026-11-20T25:15:00', null],
    ['0001-01-01T00:00:00', null],
    ['20/11/69', null],
    ['today', null],
    ['', null],
    [{ date: 'x' }, null],
    [1_763_600_000_000, null],
  ])('%j', async (serviceDateTime, at) => {
    const [found] = await codesIn({ serviceHistories: [{ ...history, serviceDateTime }] });
    expect(found?.issuedAt).toBe(at);
  });

  test('any minute of Bangkok comes back as that minute, in Buddhist years too', async () => {
    const served: string[] = [];
    const server = await rawServer((socket) => socket.write(http(200, served[0] ?? '')));
    const status = openAuthenStatus({ url: server.url, timeoutMs: TIMEOUT_MS });
    open.push(status, server);
    for (let i = 0; i < 60; i++) {
      const at = Date.UTC(2020, 0, 1) + i * 37 * 86_400_000 + i * 61_000;
      const iso = new Date(at + 7 * 3_600_000).toISOString().slice(0, 19);
      const buddhist = `${Number(iso.slice(0, 4)) + 543}${iso.slice(4)}`;
      for (const serviceDateTime of [iso, buddhist]) {
        served[0] = JSON.stringify({ serviceHistories: [{ ...history, serviceDateTime }] });
        const [found] = await status.codesOn(PID, DATE, UUID);
        expect([serviceDateTime, found?.issuedAt]).toEqual([serviceDateTime, Math.floor(at / 1000) * 1000]);
      }
    }
  });
});

describe('whose code it is', () => {
  const ofWhom = async (top: object, element: object) => {
    const [found] = await codesIn({
      statusAuthen: true,
      ...top,
      serviceHistories: [{ ...history, ...element }],
    });
    return found?.pid;
  };

  test.each<[string, object, object, string]>([
    ['nobody named: who was asked for', {}, {}, PID],
    ['the answer names the person', { personalId: PID }, {}, PID],
    ['with dashes', { personalId: '9-9000-00047-11-8' }, {}, PID],
    ['as a number', { pid: Number(PID) }, {}, PID],
    ['null names nobody', { personalId: null }, { pid: null }, PID],
    ['the answer names another', { personalId: OTHER_PID }, {}, OTHER_PID],
    ['the element names another', {}, { pid: OTHER_PID }, OTHER_PID],
    ['the two name two', { personalId: PID }, { pid: OTHER_PID }, ''],
    ['one names two', { personalId: PID, pid: OTHER_PID }, {}, ''],
    ['one that cannot be read', { personalId: { of: PID } }, {}, ''],
    ['a masked one', { personalId: '9-xxxx-xxxxx-11-8' }, {}, ''],
  ])('%s', async (_, top, element, pid) => {
    expect(await ofWhom(top, element)).toBe(pid);
  });
});

describe('odd answers', () => {
  test('one odd element hides no other', async () => {
    const odd = [null, 17, 'x', [], [history], { claimCode: {} }, { claimCode: [1], hospital: 3 }];
    expect(await codesIn({ statusAuthen: true, serviceHistories: [...odd, history] })).toEqual([code]);
  });

  test('odd values beside a code are not stated', async () => {
    const odd = {
      hospital: { hcode: {} },
      service: 'x',
      sourceChannel: 'y'.repeat(101),
      serviceDateTime: [],
    };
    expect(await codesIn({ serviceHistories: [{ ...history, ...odd }] })).toEqual([
      { ...code, hcode: null, claimType: null, channel: null, issuedAt: null },
    ]);
  });

  test.each([
    [
      'codes that cannot be read are not "none"',
      { statusAuthen: true, serviceHistories: [{ claimCode: { a: 1 } }] },
    ],
    ['no word of the service', {}],
    ['another program', { status: 'UP' }],
    ['an unreadable word alone', { statusAuthen: 'perhaps' }],
    ['an array', []],
    ['null', null],
    ['text', 'false'],
  ])('%s: agent-bad-answer', async (_, json) => {
    expect(await faultIn(json)).toMatchObject({ code: 'agent-bad-answer', retry: 'yes' });
  });

  test('words about the token in the place of an answer', async () => {
    expect(await faultIn({ message: 'Token expired' })).toMatchObject({ code: 'token-refused', retry: 'no' });
  });
});

const spring = (status: number, message: string) =>
  http(status, JSON.stringify({ timestamp: 'x', status, error: 'X', message }));
const page = '<html><body>Bad Gateway</body></html>';

test.each<[string, string, string]>([
  ['401', spring(401, 'Unauthorized'), 'token-refused no'],
  ['401 without a body', http(401, '', null), 'token-refused no'],
  ['401 with the page of Tomcat', http(401, page, 'text/html'), 'token-refused no'],
  ['403', spring(403, 'Forbidden'), 'token-refused no'],
  ['403 with a page of a firewall', http(403, page, 'text/html'), 'nhso-unavailable yes'],
  ['400', spring(400, 'serviceDate'), 'nhso-refused no'],
  ['400 about the token', spring(400, 'Invalid token'), 'token-refused no'],
  ['404', spring(404, ''), 'nhso-refused no'],
  ['408', spring(408, ''), 'nhso-unavailable yes'],
  ['429', spring(429, 'no token left in the bucket'), 'nhso-unavailable yes'],
  ['500', spring(500, 'token'), 'nhso-unavailable yes'],
  ['502', http(502, page, 'text/html'), 'nhso-unavailable yes'],
  ['503 empty', http(503, '', null), 'nhso-unavailable yes'],
  ['HTML 200', http(200, page, 'text/html'), 'nhso-unavailable yes'],
  ['HTML said to be JSON', http(200, page), 'nhso-unavailable yes'],
  ['cut JSON', http(200, '{"statusAuthen":tr'), 'nhso-unavailable yes'],
  ['cut off on the line', 'HTTP/1.1 200 X\r\ncontent-length: 100\r\n\r\n{"status', 'nhso-unavailable yes'],
  ['no HTTP', 'SSH-2.0-OpenSSH\r\n\r\n', 'nhso-unavailable yes'],
  ['empty 200', http(200, ''), 'agent-bad-answer yes'],
  ['204', 'HTTP/1.1 204 X\r\n\r\n', 'agent-bad-answer yes'],
  ['words', http(200, 'OK', 'text/plain'), 'agent-bad-answer yes'],
  ['too long', http(200, ' '.repeat(3 * 1024 * 1024)), 'agent-bad-answer yes'],
  [
    'a redirect',
    'HTTP/1.1 302 X\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n',
    'agent-bad-answer yes',
  ],
])('%s', async (what, answer, expected) => {
  const server = await rawServer((socket) => {
    socket.write(answer);
    if (what === 'cut off on the line') socket.end();
  });
  const status = openAuthenStatus({ url: server.url, timeoutMs: TIMEOUT_MS });
  open.push(status, server);
  const fault = await faultOf(status.codesOn(PID, DATE, UUID));
  expect(`${fault.code} ${fault.retry}`).toBe(expected);
});

test('nobody listens, and nobody answers', async () => {
  const nobody = openAuthenStatus({ url: 'http://127.0.0.1:1', timeoutMs: TIMEOUT_MS });
  const silent = await rawServer(() => undefined);
  const hasty = openAuthenStatus({ url: silent.url, timeoutMs: 3_000 });
  open.push(nobody, hasty, silent);
  const unreachable = await faultOf(nobody.codesOn(PID, DATE, UUID));
  expect(unreachable).toMatchObject({ code: 'nhso-unavailable', retry: 'yes', detail: { sent: false } });
  expect(await faultOf(hasty.codesOn(PID, DATE, UUID))).toMatchObject({
    code: 'nhso-unavailable',
    retry: 'yes',
    detail: { sent: true },
  });
});

test.each<[string, string, string, string]>([
  ['a person of other letters', '99/../../x', UUID, 'bad-input'],
  ['nobody', '', UUID, 'bad-input'],
  ['a token with a line feed', PID, `${UUID}\r\nx-y: z`, 'token-refused'],
  ['a token with a Thai letter', PID, 'ก', 'token-refused'],
  ['no token', PID, '', 'token-refused'],
])('%s: nothing is sent', async (_, pid, token, expected) => {
  const { server, codes } = await serviceThatGets(http(200, '{"statusAuthen":false}'));
  const fault = await faultOf(codes(token, pid));
  expect(fault).toMatchObject({ code: expected, retry: 'no' });
  expect(server.requests).toEqual([]);
});

test('NHSO’s words come without the person and the token, however they are written', async () => {
  const words = `no ${PID}, 1${PID}2, ${PID.slice(0, 1)}-${PID.slice(1, 5)}-${PID.slice(5, 10)}-${PID.slice(10, 12)}-${PID.slice(12)} for ${UUID.toUpperCase()}`;
  const { codes } = await serviceThatGets(spring(400, words));
  const fault = await faultOf(codes());
  expect(fault.detail.nhsoMessage).toBe('no …, 1…2, 9-xxxx-xxxxx-11-8 for …');
  expect(everythingOf(fault)).not.toContain(PID);
  expect(everythingOf(fault).toLowerCase()).not.toContain(UUID);
});
