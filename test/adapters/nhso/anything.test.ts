/** Whatever an agent answers: a value of the port's shape or a BridgeError, soon, and nothing else. */

import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { NhsoAgent } from '../../../src/service/ports/nhso-agent.ts';
import { agentAt, CALLS, PID } from './given.ts';
import { judge } from './judge.ts';
import { type RawServer, rawServer } from './raw-server.ts';

let server: RawServer;
let agent: NhsoAgent;
let answer = Buffer.alloc(0);
let close = true;

beforeAll(async () => {
  server = await rawServer((socket) => {
    socket.write(answer);
    if (close) socket.end();
  });
  agent = agentAt(server.url, { connections: 8 });
});
afterAll(async () => {
  await agent.close();
  await server.close();
});

const anyCall = fc.constantFrom(...CALLS);

/** Values that look like the agent's often enough to get past the first check. */
const words = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom(PID, 'PP0123456789', '25170605', '2026-11-20T08:15:00', 'ชาย', 'PG0060001', 'true', ''),
);
const leaf = fc.oneof(
  words,
  fc.double(),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.constant(Number(PID)),
);
const names = fc.constantFrom(
  ...[
    'pid',
    'titleName',
    'fname',
    'lname',
    'nation',
    'birthDate',
    'sex',
    'mainInscl',
    'subInsc1',
    'hospMain',
    'hcode',
  ],
  ...[
    'hname',
    'paidModel',
    'startDateTime',
    'checkDate',
    'claimTypes',
    'claimType',
    'claimTypeName',
    'correlationId',
  ],
  ...[
    'claimCode',
    'createdDate',
    'claimDateTime',
    'terminalName',
    'isPresent',
    'present',
    'errors',
    'message',
    '__proto__',
  ],
  'defaultMessage',
);
const { likely } = fc.letrec<{ likely: unknown; object: object }>((tie) => ({
  likely: fc.oneof({ maxDepth: 4 }, leaf, tie('object'), fc.array(tie('likely'), { maxLength: 4 })),
  object: fc
    .dictionary(names, tie('likely'), { maxKeys: 12 })
    .chain((o) => fc.boolean().map((withPid) => (withPid ? { ...o, pid: PID } : o))),
}));

test('any JSON with any status', async () => {
  const seen = { value: 0, fault: 0 };
  const status = fc.oneof(fc.constant(200), fc.integer({ min: 200, max: 599 }));
  await fc.assert(
    fc.asyncProperty(anyCall, fc.oneof(likely, fc.jsonValue()), status, async ([name, call], json, given) => {
      const body = JSON.stringify(json) ?? '';
      const head = `HTTP/1.1 ${given} X\r\ncontent-type: application/json\r\nconnection: close\r\n`;
      answer = Buffer.from(`${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
      close = true;
      seen[await judge(name, call, agent)] += 1;
    }),
    { numRuns: 400 },
  );
  // the property must have seen both outcomes, or it says little
  expect(Math.min(seen.value, seen.fault)).toBeGreaterThan(10);
});

test('any bytes: behind a header, as chunks, instead of HTTP, with the line left open or closed', async () => {
  const bytes = fc.uint8Array({ maxLength: 300 }).map((a) => Buffer.from(a));
  const heads = fc.constantFrom(
    'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n',
    'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n',
    'HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 50\r\n\r\n',
    'HTTP/1.1 103 Early Hints\r\n\r\n',
    'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
    'HTTP/1.1 ',
    '',
  );
  const hurried = { terminalsMs: 60, readMs: 60, draftMs: 60, confirmMs: 60, lookupMs: 60 };
  const impatient = agentAt(server.url, { connections: 8, timeouts: hurried });
  try {
    await fc.assert(
      fc.asyncProperty(anyCall, heads, bytes, fc.boolean(), async ([name, call], head, body, end) => {
        answer = Buffer.concat([Buffer.from(head), body]);
        close = end;
        await judge(name, call, impatient);
      }),
      { numRuns: 150 },
    );
  } finally {
    await impatient.close();
  }
});

test('deeply nested JSON is no way to hurt it', async () => {
  const deep = '['.repeat(200_000) + ']'.repeat(200_000);
  const body = `{"pid":"${PID}","claimCode":"PP1","claimTypes":${deep}}`;
  answer = Buffer.from(
    `HTTP/1.1 200 X\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  close = true;
  for (const [name, call] of CALLS) await judge(name, call, agent);
});
