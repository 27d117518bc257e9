/** What comes out of a database's log may be anything: no byte makes the readers fall over, hang or grow. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BinlogEvents } from '../../../../adapters/his/sql/capture/binlog-events.ts';
import {
  LogicalMessages,
  messageOf,
  statusUpdate,
} from '../../../../adapters/his/sql/capture/logical-messages.ts';
import { type Framing, MessageHeads } from '../../../../adapters/his/sql/capture/message-heads.ts';

const bytes = fc.uint8Array({ maxLength: 400 }).map((array) => Buffer.from(array));

const FRAMING: Framing = { headerBytes: 4, payloadBytes: (header) => header.readUIntLE(0, 3) };

function framed(payload: Buffer): Buffer {
  const header = Buffer.alloc(4);
  header.writeUIntLE(payload.length, 0, 3);
  return Buffer.concat([header, payload]);
}

describe('heads of messages', () => {
  test('are the same however the stream is cut into pieces', () => {
    fc.assert(
      fc.property(
        fc.array(bytes, { maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }),
        (payloads, cuts) => {
          const got: string[] = [];
          const heads = new MessageHeads(FRAMING, 16, (_, head) => got.push(head.toString('hex')));
          const stream = Buffer.concat(payloads.map(framed));
          for (let at = 0, n = 0; at < stream.length; n++) {
            const size = cuts[n % cuts.length] ?? 1;
            heads.push(stream.subarray(at, at + size));
            at += size;
          }
          expect(got).toEqual(payloads.map((payload) => payload.subarray(0, 16).toString('hex')));
        },
      ),
    );
  });

  test('cost no memory: 4 GB of one message pass through', { timeout: 30_000 }, () => {
    const chunk = Buffer.alloc(65_536, 'x');
    const long: Framing = { headerBytes: 4, payloadBytes: () => 65_536 * 65_536 };
    let got = 0;
    const heads = new MessageHeads(long, 16, () => {
      got += 1;
    });
    heads.push(Buffer.alloc(4));
    const before = process.memoryUsage().rss;
    for (let n = 0; n < 65_536; n++) heads.push(chunk);
    expect(got).toBe(1);
    expect(process.memoryUsage().rss - before).toBeLessThan(20_000_000);
  });

  test('a length that cannot be one is an error, not a wait for ever', () => {
    const bad: Framing = {
      headerBytes: 1,
      payloadBytes: () => {
        throw new Error('no such length');
      },
    };
    expect(() => new MessageHeads(bad, 16, () => undefined).push(Buffer.alloc(2))).toThrow('no such length');
  });
});

/** An event of the binary log; `crc` stands where a checksum would. */
function event(type: number, body: Buffer, crc: Buffer = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(19);
  header.writeUInt8(type, 4);
  return Buffer.concat([header, body, crc]);
}

function tableMap(id: number, schema: string, table: string): Buffer {
  const body = Buffer.alloc(8);
  body.writeUIntLE(id, 0, 6);
  const name = (text: string): Buffer[] => [Buffer.from([Buffer.byteLength(text)]), Buffer.from(`${text}\0`)];
  return event(19, Buffer.concat([body, ...name(schema), ...name(table)]));
}

function rows(id: number, type = 23): Buffer {
  const body = Buffer.alloc(20);
  body.writeUIntLE(id, 0, 6);
  return event(type, body);
}

function query(schema: string, text: string, crc: Buffer = Buffer.alloc(0)): Buffer {
  const body = Buffer.alloc(13);
  body.writeUInt8(Buffer.byteLength(schema), 8);
  return event(2, Buffer.concat([body, Buffer.from(`${schema}\0${text}`)]), crc);
}

const XID = event(16, Buffer.alloc(8));
const MYSQL_GTID = event(33, Buffer.alloc(25));

describe('events of the binary log', () => {
  const ringsAt = (...events: Buffer[]): number => {
    let rings = 0;
    const reader = new BinlogEvents('hos', ['ovst', 'patient'], () => {
      rings += 1;
    });
    for (const one of events) reader.take(one);
    return rings;
  };

  test.each([
    ['rows of a table of ours, committed', 1, [tableMap(7, 'hos', 'ovst'), rows(7), XID]],
    ['of the second version, as MySQL writes them', 1, [tableMap(7, 'hos', 'ovst'), rows(7, 31), XID]],
    ['packed by MariaDB', 1, [tableMap(7, 'hos', 'ovst'), rows(7, 169), XID]],
    ['names in another case', 1, [tableMap(7, 'HOS', 'OVST'), rows(7), XID]],
    [
      'two tables, one ring',
      1,
      [tableMap(7, 'hos', 'ovst'), tableMap(8, 'hos', 'patient'), rows(7), rows(8), XID],
    ],
    ['not committed', 0, [tableMap(7, 'hos', 'ovst'), rows(7)]],
    ['another database', 0, [tableMap(7, 'test', 'ovst'), rows(7), XID]],
    ['another table', 0, [tableMap(7, 'hos', 'lab'), tableMap(8, 'hos', 'ovst'), rows(7), XID]],
    [
      'a number that means another table in the next transaction',
      0,
      [tableMap(7, 'hos', 'ovst'), XID, rows(7), XID],
    ],
    ['a number that is given anew', 0, [tableMap(7, 'hos', 'ovst'), tableMap(7, 'hos', 'lab'), rows(7), XID]],
    ['MyISAM: the end is a statement', 1, [tableMap(7, 'hos', 'ovst'), rows(7), query('hos', 'COMMIT')]],
    ['MySQL: the next one begins', 1, [tableMap(7, 'hos', 'ovst'), rows(7), MYSQL_GTID]],
    ['a whole transaction, packed by MySQL', 1, [event(40, Buffer.alloc(50))]],
    [
      'XA: rows are seen when it is committed',
      2,
      [tableMap(7, 'hos', 'ovst'), rows(7), event(38, Buffer.alloc(9)), query('hos', "XA COMMIT 'x'")],
    ],
    ['a statement, MySQL', 1, [query('hos', 'BEGIN'), query('hos', 'insert into ovst values (1)'), XID]],
    [
      'a statement that is taken back to a savepoint',
      0,
      [query('hos', 'BEGIN'), query('hos', 'ROLLBACK TO x')],
    ],
    ['a statement of another database that names ours', 1, [query('test', 'update hos . `ovst` set a = 1')]],
    ['a statement of ours that names another', 0, [query('hos', 'update test.ovst set a = 1')]],
    ['a word that only looks like it', 0, [query('hos', 'update ovst_old set ovsts = 1')]],
    ['a checksum that looks like letters', 1, [query('hos', 'truncate ovst', Buffer.from('abcd'))]],
    [
      'a checksum after the end',
      1,
      [tableMap(7, 'hos', 'ovst'), rows(7), query('hos', 'COMMIT', Buffer.from('abcd'))],
    ],
  ])('%s: %d', (_, rings, events) => {
    expect(ringsAt(...events)).toBe(rings);
  });

  test('may be any bytes, also of the kinds that are looked into, and of any length', () => {
    const types = fc.constantFrom(2, 4, 16, 19, 23, 30, 33, 40, 162, 165, 169);
    const events = fc.oneof(
      bytes,
      fc.tuple(types, bytes).map(([type, body]) => event(type, body)),
    );
    fc.assert(
      fc.property(fc.array(events, { maxLength: 30 }), (all) => {
        expect(ringsAt(...all)).toBeLessThanOrEqual(all.length);
      }),
      { numRuns: 2_000 },
    );
  });

  test('cut anywhere are no other events', () => {
    const whole = [tableMap(7, 'hos', 'ovst'), rows(7), query('hos', 'insert into ovst values (1)')];
    for (const one of whole) {
      for (let length = 0; length <= one.length; length++) ringsAt(one.subarray(0, length), XID);
    }
  });
});

describe('messages of logical decoding', () => {
  const ringsAt = (...texts: (string | Buffer)[]): number => {
    let rings = 0;
    const reader = new LogicalMessages(['public.ovst', 'public."Patient"'], () => {
      rings += 1;
    });
    for (const text of texts) reader.take(Buffer.from(text));
    return rings;
  };

  test.each([
    ['a row of a table of ours', 1, ['BEGIN', "table public.ovst: INSERT: vn[text]:'1'", 'COMMIT']],
    ['a quoted name', 1, ['BEGIN', 'table public."Patient": UPDATE: (no-tuple-data)', 'COMMIT']],
    ['emptied with others', 1, ['BEGIN', 'table public.lab, public.ovst: TRUNCATE: (no-flags)', 'COMMIT']],
    [
      'with the number of the transaction',
      1,
      ['BEGIN 7', 'table public.ovst: DELETE: (no-tuple-data)', 'COMMIT 7'],
    ],
    ['another table', 0, ['BEGIN', "table public.ovst_old: INSERT: vn[text]:'1'", 'COMMIT']],
    [
      'a value that looks like it',
      0,
      ['BEGIN', "table public.lab: INSERT: t[text]:'table public.ovst: TRUNCATE:'", 'COMMIT'],
    ],
    ['one that is not committed', 0, ['BEGIN', "table public.ovst: INSERT: vn[text]:'1'", 'BEGIN', 'COMMIT']],
  ])('%s: %d', (_, rings, texts) => {
    expect(ringsAt(...texts)).toBe(rings);
  });

  test('may be any bytes', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            bytes,
            fc.string().map((text) => Buffer.from(`table ${text}`)),
          ),
        ),
        (all) => {
          for (const one of all) messageOf(one);
          expect(ringsAt(...all)).toBeLessThanOrEqual(all.length);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test('are answered with the position up to which all is done, and the time since 2000', () => {
    const message = statusUpdate(0x1_2345_6789n, Date.UTC(2000, 0, 1, 0, 0, 1));
    expect(message.toString('hex')).toBe(
      `72${'0000000123456789'.repeat(3)}${(1_000_000).toString(16).padStart(16, '0')}01`,
    );
    expect(messageOf(Buffer.from('6b0000000123456789000000000000000001', 'hex'))).toEqual({
      kind: 'alive',
      position: 0x1_2345_6789n,
      wantsReply: true,
    });
  });
});
