/** Whatever the JSON services answer: good answers that were changed or spoilt, any JSON, any status, any bytes. */

import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { evilText, mutated, spoiltText } from '../../../hostile/evil.ts';
import { type RawServer, rawServer } from '../raw-server.ts';
import { PID } from './given.ts';
import { judge, openCall, type Service } from './judge.ts';

const PATIENCE_MS = 300_000;

let server: RawServer;
let answer: Uint8Array = Buffer.alloc(0);
let isClosed = true;
beforeAll(async () => {
  server = await rawServer((socket) => {
    socket.write(answer);
    if (isClosed) socket.end();
  });
});
afterAll(() => server.close());

const history = {
  ...{ hospital: { hcode: '10978', hname: 'x' }, serviceDateTime: '2026-11-20T08:15:00', pid: PID },
  ...{ claimCode: 'PP0000000001', service: { code: 'PG0060001', name: 'x' }, sourceChannel: 'LINE' },
};
const fund = {
  ...{ mainInscl: { id: 'UCS', name: 'x' }, subInscl: { id: '89', name: 'x' }, paidModel: '1' },
  ...{ hospMain: { hcode: '10978', hname: 'x' }, startDateTime: '2017-01-01T00:00:00' },
};
const person = { pid: PID, tname: 'น.ส.', fname: 'ทดสอบ', lname: 'ไม่มีจริง', birthDate: '25230413' };
const GOOD: Readonly<Record<string, readonly unknown[]>> = {
  'authen-status': [
    { statusAuthen: true, statusMessage: 'x', personalId: PID, serviceHistories: [history, history] },
    {
      statusAuthen: 'false',
      hcode: '10978',
      serviceDate: '2026-11-20',
      serviceCode: 'PG0060001',
      claimCode: 'PP1',
    },
  ],
  srm: [
    { ...person, sex: { id: '2', name: 'หญิง' }, nation: { id: '099', name: 'x' }, funds: [fund, fund] },
    { ...person, sex: 'หญิง', nation: '099', funds: [] },
  ],
};
const SERVICES: Service[] = ['authen-status', 'srm'];

function whole(
  body: Uint8Array | string,
  headers = 'content-type: application/json\r\n',
  status = 200,
): Buffer {
  const bytes = Buffer.from(body as string);
  const head = `HTTP/1.1 ${status} X\r\n${headers}connection: close\r\ncontent-length: ${bytes.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), bytes]);
}

describe.each(SERVICES)('%s', (service) => {
  const call = () => openCall(service, server.url);
  const good = fc.constantFrom(...(GOOD[service] ?? []));

  test(
    'good answers are taken, and ones that were changed at any depth judged',
    async () => {
      const opened = call();
      isClosed = true;
      for (const json of GOOD[service] ?? []) {
        answer = whole(JSON.stringify(json));
        expect(await judge(opened)).toBe('value');
      }
      const seen = { value: 0, fault: 0 };
      await fc.assert(
        fc.asyncProperty(good.chain(mutated), async (json) => {
          answer = whole(JSON.stringify(json) ?? '');
          seen[await judge(opened)] += 1;
        }),
        { numRuns: 400 },
      );
      // the property must have seen both outcomes, or it says little
      expect(Math.min(seen.value, seen.fault)).toBeGreaterThan(20);
      await opened.close();
    },
    PATIENCE_MS,
  );

  test(
    'texts that were spoilt, any JSON, any status, type and packing',
    async () => {
      const opened = call();
      isClosed = true;
      const text = fc.oneof(
        good.chain(spoiltText),
        fc.json(),
        evilText,
        good.map((json) => JSON.stringify(json)),
      );
      const status = fc.oneof(fc.constant(200), fc.integer({ min: 200, max: 599 }));
      const type = fc.constantFrom(
        'application/json',
        'text/html',
        'text/plain',
        '',
        'application/xml;charset=TIS-620',
      );
      const packing = fc.constantFrom('', 'content-encoding: gzip\r\n');
      const bytes = text.chain((t) =>
        fc.constantFrom<Uint8Array>(Buffer.from(t), Buffer.from(t, 'utf16le'), gzipSync(t)),
      );
      await fc.assert(
        fc.asyncProperty(bytes, status, type, packing, async (body, given, contentType, packed) => {
          answer = whole(body, `content-type: ${contentType}\r\n${packed}`, given);
          await judge(opened);
        }),
        { numRuns: 400 },
      );
      await opened.close();
    },
    PATIENCE_MS,
  );

  test(
    'any bytes in the place of HTTP, with the line left open or closed',
    async () => {
      const hurried = openCall(service, server.url, 80);
      const heads = fc.constantFrom(
        ...[
          'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n',
          'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n',
        ],
        ...[
          'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n',
          'HTTP/1.1 103 Early Hints\r\n\r\n',
          'HTTP/1.1 ',
          '',
        ],
      );
      const bytes = fc.uint8Array({ maxLength: 300 }).map((a) => Buffer.from(a));
      await fc.assert(
        fc.asyncProperty(heads, bytes, fc.boolean(), async (head, body, end) => {
          answer = Buffer.concat([Buffer.from(head), body]);
          isClosed = end;
          await judge(hurried, 80);
        }),
        { numRuns: 120 },
      );
      await hurried.close();
    },
    PATIENCE_MS,
  );
});
