/** Status by status what the port promises, against a server that answers just that. */

import { afterEach, describe, expect, test } from 'vitest';
import { agentAt, CALLS, everythingOf, faultOf, PID, REQUEST } from './given.ts';
import { http, type RawServer, rawServer } from './raw-server.ts';

const open: RawServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((s) => s.close()));
});

async function agentThatGets(answer: string) {
  const server = await rawServer((socket) => socket.write(answer));
  open.push(server);
  return { agent: agentAt(server.url), server };
}

const spring = (status: number, more: object) =>
  http(status, JSON.stringify({ timestamp: '2026-11-20T01:00:00.000+00:00', status, error: 'X', ...more }));
const page = '<html><body>Bad Gateway</body></html>';

type Row = [what: string, answer: string, read: string, confirm: string];

const rows: Row[] = [
  ['418', spring(418, { message: 'no reader' }), 'no-reader yes', 'no-reader yes'],
  ['418 without a body', http(418, ''), 'no-reader yes', 'no-reader yes'],
  ['400', spring(400, { message: 'x' }), 'nhso-refused no', 'nhso-refused no'],
  ['400 without a body', http(400, ''), 'nhso-refused no', 'nhso-refused no'],
  ['401', spring(401, {}), 'nhso-refused no', 'nhso-refused no'],
  ['404', spring(404, {}), 'nhso-refused no', 'nhso-refused no'],
  ['415', spring(415, {}), 'nhso-refused no', 'nhso-refused no'],
  ['408', spring(408, {}), 'nhso-unavailable yes', 'nhso-unavailable ask-first'],
  ['429', spring(429, {}), 'nhso-unavailable yes', 'nhso-unavailable ask-first'],
  ['500', spring(500, { message: '' }), 'nhso-unavailable yes', 'nhso-unavailable ask-first'],
  ['500, no card', spring(500, { message: 'No card present' }), 'no-card yes', 'no-card ask-first'],
  ['500, Thai', spring(500, { errors: [{ defaultMessage: 'ไม่พบบัตร' }] }), 'no-card yes', 'no-card ask-first'],
  ['500, PC/SC', spring(500, { message: 'SCARD_E_NO_SMARTCARD' }), 'no-card yes', 'no-card ask-first'],
  ['500, no reader', spring(500, { message: 'no card reader' }), 'no-reader yes', 'no-reader ask-first'],
  ['502', spring(502, {}), 'nhso-unavailable yes', 'nhso-unavailable ask-first'],
  ['503 empty', http(503, ''), 'nhso-unavailable yes', 'nhso-unavailable ask-first'],
  ['HTML 200', http(200, page, 'text/html'), 'nhso-unavailable yes', 'nhso-unavailable ask-first'],
  ['HTML 400', http(400, page, 'text/html'), 'nhso-unavailable yes', 'nhso-unavailable ask-first'],
  ['HTML 500', http(500, page, 'text/html'), 'nhso-unavailable yes', 'nhso-unavailable ask-first'],
  ['HTML said to be JSON', http(200, page), 'nhso-unavailable yes', 'nhso-unavailable ask-first'],
  ['cut JSON', http(200, '{"pid":"1'), 'nhso-unavailable yes', 'nhso-unavailable ask-first'],
  ['empty 200', http(200, ''), 'agent-bad-answer yes', 'agent-bad-answer ask-first'],
  ['204', 'HTTP/1.1 204 X\r\n\r\n', 'agent-bad-answer yes', 'agent-bad-answer ask-first'],
  ['words', http(200, 'OK', 'text/plain'), 'agent-bad-answer yes', 'agent-bad-answer ask-first'],
  ['XML type', http(200, '{}', 'application/xml'), 'agent-bad-answer yes', 'agent-bad-answer ask-first'],
  ['JSON null', http(200, 'null'), 'agent-bad-answer yes', 'agent-bad-answer ask-first'],
  ['JSON array', http(200, '[]'), 'agent-bad-answer yes', 'agent-bad-answer ask-first'],
  [
    'redirect',
    'HTTP/1.1 302 X\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n',
    'agent-bad-answer yes',
    'agent-bad-answer ask-first',
  ],
];

test.each([
  ['nothing', http(200, '')],
  ['nothing, without a type', http(200, '', null)],
  ['204', 'HTTP/1.1 204 X\r\n\r\n'],
  ['null', http(200, 'null')],
  ['an array', http(200, '[]')],
  ['a truth', http(200, 'true')],
])(
  'a draft is saved when 200 says so with %s: no later call needs what it might have said',
  async (_, answer) => {
    const { agent } = await agentThatGets(answer);
    expect(await agent.saveAsDraft(REQUEST)).toEqual({ pid: null, claimType: null, createdAt: null });
    await agent.close();
  },
);

test.each([
  ['an HTML page', http(200, page, 'text/html'), 'nhso-unavailable'],
  ['half an answer', http(200, '{"pid":"1'), 'nhso-unavailable'],
  ['words of another program', http(200, 'OK', 'text/plain'), 'agent-bad-answer'],
])('a draft is not saved by %s', async (_, answer, code) => {
  const { agent } = await agentThatGets(answer);
  expect(await faultOf(agent.saveAsDraft(REQUEST))).toMatchObject({ code, retry: 'yes' });
  await agent.close();
});

describe.each(rows)('%s', (_what, answer, read, confirm) => {
  test(`read: ${read}; confirm: ${confirm}`, async () => {
    const { agent, server } = await agentThatGets(answer);
    const ofConfirm = await faultOf(agent.confirmSave(REQUEST));
    expect(`${ofConfirm.code} ${ofConfirm.retry}`).toBe(confirm);
    expect(server.requests).toHaveLength(1);
    const ofRead = await faultOf(agent.read());
    expect(`${ofRead.code} ${ofRead.retry}`).toBe(read);
    await agent.close();
  });
});

test('the agent’s own calls are never called NHSO’s failure', async () => {
  for (const answer of [http(500, page, 'text/html'), http(503, ''), http(200, '{"a":')]) {
    const { agent } = await agentThatGets(answer);
    for (const call of [agent.terminals(), agent.readCardOnly()]) {
      expect(await faultOf(call)).toMatchObject({ code: 'agent-bad-answer', retry: 'yes' });
    }
    await agent.close();
  }
});

describe('NHSO’s words', () => {
  const wordsFor = async (body: object) => {
    const { agent } = await agentThatGets(spring(400, body));
    const fault = await faultOf(agent.confirmSave(REQUEST));
    await agent.close();
    return fault.detail.nhsoMessage;
  };

  test('are the first field error’s, else the message’s, else none', async () => {
    expect(
      await wordsFor({ message: 'm', errors: [{ defaultMessage: 'ซ้ำ' }, { defaultMessage: 'b' }] }),
    ).toBe('ซ้ำ');
    expect(await wordsFor({ message: 'm', errors: [{}] })).toBe('m');
    expect(await wordsFor({ message: 'm', errors: 'x' })).toBe('m');
    expect(await wordsFor({ message: { a: 1 } })).toBeNull();
  });

  test('are masked before they are cut to 300 characters, on one line', async () => {
    const words = await wordsFor({ message: `${'ก'.repeat(290)}\n${PID} tail` });
    expect(words).toBe(`${'ก'.repeat(290)} 1-xxxx-xx`);
  });
});

test('a citizen id of address, body or answer is in no part of any error', async () => {
  const leaks = [
    spring(400, { message: `pid ${PID}`, path: `/api/x/${PID}`, errors: [{ rejectedValue: PID }] }),
    spring(500, { message: `no person ${PID}`, path: `/x/${PID}` }),
    http(200, `{"pid":"${PID}"`),
    http(200, JSON.stringify([{ claimCode: { of: PID } }, PID])),
    http(200, JSON.stringify({ pid: [PID], [PID]: PID, claimCode: { a: PID }, isPresent: PID })),
    http(200, `${PID} is no JSON`),
    `${PID} is no HTTP\r\n\r\n`,
    `HTTP/1.1 302 X\r\nlocation: /${PID}\r\ncontent-length: 0\r\n\r\n`,
  ];
  let seen = 0;
  for (const leak of leaks) {
    const { agent } = await agentThatGets(leak);
    for (const [, call] of CALLS) {
      const error = await call(agent).then(
        () => null,
        (e: unknown) => e,
      );
      if (error !== null) seen += 1;
      expect(everythingOf(error)).not.toContain(PID);
    }
    await agent.close();
  }
  expect(seen).toBeGreaterThan(40);
});
