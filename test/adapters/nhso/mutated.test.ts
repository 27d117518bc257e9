/** Good answers that were changed, spoilt, packed, mislabelled or never end: a value, or a BridgeError, within the time. */

import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseCitizenId } from '../../../src/domain/citizen-id.ts';
import { cardReadSchema } from '../../../src/http/schemas/card-read.ts';
import type { NhsoAgent } from '../../../src/service/ports/nhso-agent.ts';
import { cardReadMessage, type Sighting } from '../../../src/service/reader/message.ts';
import { evilText, evilValue, mutated, PERSON, spoiltText } from '../../hostile/evil.ts';
import { SAMPLE_AT } from '../../support/samples.ts';
import { agentAt, CALLS, faultOf, HASTY, PID } from './given.ts';
import { judge } from './judge.ts';
import { type RawServer, rawServer } from './raw-server.ts';

let server: RawServer;
let agent: NhsoAgent;
let answer: Uint8Array = Buffer.alloc(0);
beforeAll(async () => {
  server = await rawServer((socket) => socket.end(answer));
  agent = agentAt(server.url, { connections: 8 });
});
afterAll(async () => {
  await agent.close();
  await server.close();
});

const card = {
  ...{ pid: PID, titleName: '003', fname: 'ทดสอบ', lname: 'ไม่มีจริง', nation: '099', sex: 'ชาย' },
  birthDate: '25170605',
};
const read = {
  ...card,
  ...{ mainInscl: '(UCS) สิทธิหลักประกันสุขภาพแห่งชาติ', subInscl: '(89) ช่วงอายุ 12-59 ปี', paidModel: '1' },
  ...{ hospMain: { hcode: '10978', hname: 'x' }, startDateTime: '2017-05-01T00:00:00' },
  ...{ checkDate: '2026-11-20T08:15:00', correlationId: 'c-1' },
  claimTypes: [{ claimType: 'PG0060001', claimTypeName: 'x' }],
};
const code = { claimCode: 'PP0000000001', claimType: 'PG0060001', hcode: '10978', pid: PID };
const issued = { ...code, claimDateTime: '2026-11-20T08:15:00', createdDate: '2026-11-20T08:15:00' };
const GOOD: Readonly<Record<string, unknown>> = {
  terminals: [{ terminalName: 'ACS', isPresent: true }],
  ...{ read, probe: read, readCardOnly: card },
  saveAsDraft: { pid: PID, claimType: 'PG0060001', createdDate: '2026-11-20T08:15:00' },
  confirmSave: { ...code, correlationId: 'c-1', createdDate: '2026-11-20T08:15:00' },
  latestAuthenCode: issued,
  latestFiveAllHospitals: [issued, { ...issued, claimCode: 'EP0000000002' }],
};
const goodOf = (name: string): unknown => GOOD[name];
const anyCall = fc.constantFrom(...CALLS);

function whole(
  body: Uint8Array | string,
  headers = 'content-type: application/json\r\n',
  status = 200,
): Buffer {
  const bytes = Buffer.from(body as string);
  const head = `HTTP/1.1 ${status} X\r\n${headers}connection: close\r\ncontent-length: ${bytes.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), bytes]);
}

test('good answers are taken, and ones that were changed at any depth judged', async () => {
  const seen = { value: 0, fault: 0 };
  for (const [name, call] of CALLS) {
    answer = whole(JSON.stringify(goodOf(name)));
    expect([name, await judge(name, call, agent)]).toEqual([name, 'value']);
  }
  const changed = anyCall.chain((call) => fc.tuple(fc.constant(call), mutated(goodOf(call[0]))));
  await fc.assert(
    fc.asyncProperty(changed, async ([[name, call], json]) => {
      answer = whole(JSON.stringify(json) ?? '');
      seen[await judge(name, call, agent)] += 1;
    }),
    { numRuns: 500 },
  );
  expect(Math.min(seen.value, seen.fault)).toBeGreaterThan(20);
});

test('names that every JavaScript object knows are texts like others', async () => {
  for (const word of ['constructor', '__proto__', 'toString', 'hasOwnProperty']) {
    const odd = Object.fromEntries(Object.keys(card).map((key) => [key, word]));
    answer = whole(JSON.stringify({ ...read, ...odd, pid: PID, mainInscl: word }));
    expect([word, await judge('read', (a) => a.read(), agent)]).toEqual([word, 'value']);
  }
});

test('whatever a read says beside the person, the bridge takes it: nothing odd costs a patient the read', async () => {
  let taken = 0;
  const own = { ...read, pid: PERSON };
  const longTexts = fc.record(Object.fromEntries(Object.keys(read).map((key) => [key, evilValue])), {
    requiredKeys: [],
  });
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        mutated(own),
        longTexts.map((odd) => ({ ...own, ...odd, pid: PERSON })),
      ),
      async (json) => {
        answer = whole(JSON.stringify(json) ?? '');
        const data = await agent.read().catch(() => null);
        const pid = parseCitizenId(data?.pid);
        if (data === null || pid === null) return;
        const { correlationId } = data;
        const seen: Sighting =
          correlationId === null
            ? { kind: 'card-only', pid, at: SAMPLE_AT, data }
            : { kind: 'full', pid, at: SAMPLE_AT, data: { ...data, correlationId } };
        const message = cardReadMessage(randomUUID(), { stationId: 'counter-1', hcode: null }, seen);
        const { error } = cardReadSchema.safeParse(JSON.parse(JSON.stringify(message)));
        expect(error?.issues).toBeUndefined();
        taken += 1;
      },
    ),
    { numRuns: 400 },
  );
  expect(taken).toBeGreaterThan(50);
});

test('texts that were spoilt: cut, keys twice, a prototype, HTML around them', async () => {
  const spoilt = anyCall.chain((call) => fc.tuple(fc.constant(call), spoiltText(goodOf(call[0]))));
  await fc.assert(
    fc.asyncProperty(spoilt, async ([[name, call], text]) => {
      answer = whole(text);
      await judge(name, call, agent);
    }),
    { numRuns: 250 },
  );
});

test('other types, charsets and packings, and headers of any kind', async () => {
  const type = fc.constantFrom(
    ...['application/json;charset=TIS-620', 'application/json; charset=utf-16', 'text/html', 'text/plain'],
    ...[
      'application/xml',
      'a',
      '',
      ';',
      'application/octet-stream',
      'multipart/mixed',
      'application/problem+json',
    ],
  );
  const packing = fc.constantFrom('', 'content-encoding: gzip\r\n', 'content-encoding: br\r\n');
  const more = fc.array(
    evilText.map((t) => `x-y: ${t.replace(/[\r\n\0]/g, '')}\r\n`),
    { maxLength: 4 },
  );
  const status = fc.constantFrom(200, 201, 204, 206, 301, 400, 401, 418, 429, 500, 503, 599);
  const bytes = (text: string) =>
    fc.constantFrom(
      Buffer.from(text),
      Buffer.from(text, 'utf16le'),
      Buffer.from(text, 'latin1'),
      gzipSync(text),
    );
  const sent = anyCall.chain((call) =>
    fc.tuple(fc.constant(call), bytes(JSON.stringify(goodOf(call[0]))), type, packing, more, status),
  );
  await fc.assert(
    fc.asyncProperty(sent, async ([[name, call], body, contentType, packed, lines, given]) => {
      answer = whole(body, `content-type: ${contentType}\r\n${packed}${lines.join('')}`, given);
      await judge(name, call, agent);
    }),
    { numRuns: 250 },
  );
});

test('an answer that is packed small is not unpacked: 50 MB of blanks stay 50 kB', async () => {
  answer = whole(
    gzipSync(Buffer.alloc(50 * 1024 * 1024, 0x20)),
    'content-type: application/json\r\ncontent-encoding: gzip\r\n',
  );
  const before = process.memoryUsage().rss;
  for (const [name, call] of CALLS) await judge(name, call, agent);
  expect(process.memoryUsage().rss - before).toBeLessThan(40 * 1024 * 1024);
});

test.each([
  ['headers without end', 'HTTP/1.1 200 OK\r\n', `x-more: ${'x'.repeat(500)}\r\n`],
  ['"go on" without end', '', 'HTTP/1.1 100 Continue\r\n\r\n'],
  [
    'chunks without end',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n',
    `1000\r\n${' '.repeat(4_096)}\r\n`,
  ],
  ['one chunk of one byte at a time', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n', '1\r\n \r\n'],
  ['a body until the line is closed', 'HTTP/1.1 200 OK\r\n\r\n', ' '],
])('%s: every call ends in its time', async (_what, begin, more) => {
  const endless = await rawServer((socket) => {
    socket.write(begin);
    const drip = setInterval(() => socket.write(more.repeat(50)), 5);
    socket.once('close', () => clearInterval(drip));
  });
  const hasty = agentAt(endless.url, { connections: 8, timeouts: HASTY });
  try {
    const begun = performance.now();
    const faults = await Promise.all(CALLS.map(([, call]) => faultOf(call(hasty))));
    expect(performance.now() - begun).toBeLessThan(2 * HASTY.readMs + 5_000);
    expect(faults).toHaveLength(CALLS.length);
  } finally {
    await endless.close();
    await hasty.close();
  }
});
