/** Whatever a file holds: lines of the port's shape or a refusal, soon, and no citizen id in any word of it. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { evilText } from '../../../hostile/evil.ts';
import { sampleCitizenId } from '../../../support/samples.ts';
import {
  book,
  bookParts,
  type CellSpec,
  COLUMNS,
  escaped,
  goodRow,
  type Part,
  reportSheet,
  zip,
} from '../../../support/workbook.ts';
import { codesIn, judge, readBytes } from './read.ts';

const SHEET = reportSheet([goodRow(1), goodRow(2), goodRow(3)]);
const GOOD = { inline: book(SHEET), shared: book(SHEET, { strings: 'shared' }) };
const PARTS = bookParts([SHEET], { strings: 'shared' });
const TIME = 240_000;

/** Runs it, and sees that it has met both outcomes: else it says little. */
async function both<T>(
  arbitrary: fc.Arbitrary<T>,
  bytes: (value: T) => Uint8Array,
  numRuns: number,
): Promise<void> {
  const seen = { lines: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(arbitrary, async (value) => {
      seen[await judge(bytes(value))] += 1;
    }),
    { numRuns },
  );
  expect(Math.min(seen.lines, seen.refused)).toBeGreaterThan(0);
}

test('any bytes, behind any beginning', { timeout: TIME }, async () => {
  const begins = fc.constantFrom(
    '',
    'PK\x03\x04',
    'PK\x05\x06',
    '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1',
    '<html',
    '<?xml',
    '\t\x08',
  );
  const ends = fc.constantFrom('', `PK\x05\x06${'\0'.repeat(18)}`, `PK\x05\x06${'\xff'.repeat(16)}\0\0`);
  await fc.assert(
    fc.asyncProperty(begins, fc.uint8Array({ maxLength: 3_000 }), ends, async (begin, bytes, end) => {
      const file = [Buffer.from(begin, 'latin1'), Buffer.from(bytes), Buffer.from(end, 'latin1')];
      expect(await judge(Buffer.concat(file))).toBe('refused');
    }),
    { numRuns: 300 },
  );
});

test('a good workbook with some bytes changed, cut out or put in', { timeout: TIME }, async () => {
  const how = fc.constantFrom<'set' | 'cut' | 'put'>('set', 'cut', 'put');
  const change = fc.record({ how, at: fc.nat(), bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }) });
  await both(
    fc.record({ of: fc.constantFrom(GOOD.inline, GOOD.shared), changes: fc.array(change, { maxLength: 3 }) }),
    ({ of, changes }) =>
      changes.reduce<Buffer>((file, c) => changed(file, c.how, c.at % file.length, c.bytes), of),
    400,
  );
});

function changed(file: Buffer, how: 'set' | 'cut' | 'put', at: number, bytes: Uint8Array): Buffer {
  const after = how === 'put' ? at : at + bytes.length;
  const put = how === 'cut' ? [] : [bytes];
  return Buffer.concat([file.subarray(0, at), ...put, file.subarray(after)]);
}

/** XML that is nearly that of a workbook. */
const piece = fc.oneof(
  evilText.map((text) => escaped(text).slice(0, 4_000)),
  fc.constantFrom(
    ...[
      '<row>',
      '</row>',
      '<row r="0">',
      '<row r="-1"/>',
      '<row r="9999999">',
      '<c>',
      '</c>',
      '<c r="ZZZZ9" t="s">',
    ],
    ...[
      '<c t="inlineStr"><is><t>x</t></is></c>',
      '<c t="d"><v>2026-11-20</v></c>',
      '<v>',
      '</v>',
      '<is>',
      '</is>',
    ],
    ...[
      '<t>',
      '</t>',
      '<si>',
      '</si>',
      '<rPh>',
      '</rPh>',
      '<f>',
      '</f>',
      '<sheetData>',
      '</sheetData>',
      '<a/>',
    ],
    ...[
      '<?xml version="1.0"?>',
      '<?x y?>',
      '<!-- x -->',
      '<![CDATA[',
      ']]>',
      '&lt;',
      '&x;',
      '&#0;',
      '&#x110000;',
    ],
    ...[
      '<x:row xmlns:x="y">',
      '<c __proto__="1" constructor="2">',
      '<c r="A1" r="A2">',
      '<!DOCTYPE a>',
      '\0',
      '\uFEFF',
    ],
    ...[' t="s"', ' r="J2"', '>', '<', '"', '/', '-1', '1e999', '99999999999', 'NaN', sampleCitizenId(5)],
  ),
);

test('the XML of any part with anything put into it', { timeout: TIME }, async () => {
  const change = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), length: fc.nat(12), piece });
  await both(
    fc.record({ part: fc.nat(PARTS.length - 1), changes: fc.array(change, { minLength: 1, maxLength: 3 }) }),
    ({ part, changes }) =>
      zip(
        PARTS.map(([name, content], i): Part => {
          if (i !== part) return [name, content];
          const spoilt = changes.reduce((text, c) => {
            const at = Math.floor(c.at * text.length);
            return text.slice(0, at) + c.piece + text.slice(at + c.length);
          }, String(content));
          return [name, Buffer.from(spoilt)];
        }),
      ),
    400,
  );
});

const cell: fc.Arbitrary<CellSpec> = fc.oneof(
  evilText,
  fc.constant(null),
  fc.constantFrom(...['10978', '11001', 'PP0123456789', 'PG0060001', 'ใช้งาน', 'ยกเลิก', '20/11/2569 08:15']),
  fc.constantFrom(sampleCitizenId(1), `'${sampleCitizenId(2)}`, '9-9000-00000-03-1'),
  fc.record({
    v: fc.oneof(fc.double().map(String), fc.integer().map(String), fc.constant(sampleCitizenId(4))),
  }),
  fc.record({ v: evilText, t: fc.constantFrom('str', 'd', 'b', 'e', 'n', 'xx') }),
);

test('any cells under the columns: each row is taken, left out or told', { timeout: TIME }, async () => {
  const changes = fc.array(fc.dictionary(fc.constantFrom(...COLUMNS), cell, { maxKeys: 4 }), {
    minLength: 1,
    maxLength: 6,
  });
  await fc.assert(
    fc.asyncProperty(changes, fc.constantFrom('inline', 'shared'), async (rows, strings) => {
      const sheet = reportSheet(rows.map((changed, n) => goodRow(n, changed)));
      expect(await judge(book([...sheet, ...reportSheet([goodRow(99)]).slice(1)], { strings }))).toBe(
        'lines',
      );
      const lines = await readBytes(book([...sheet, ...reportSheet([goodRow(99)]).slice(1)], { strings }));
      // whatever stands above it, a good row is taken
      expect(codesIn(lines).at(-1)?.claimCode).toBe('PP0000000099');
    }),
    { numRuns: 250 },
  );
});

test('any names of columns', { timeout: TIME }, async () => {
  const name = fc.oneof(evilText, fc.constantFrom(...COLUMNS));
  await both(
    fc.oneof(fc.array(name, { maxLength: 40 }), fc.shuffledSubarray([...COLUMNS], { minLength: 20 })),
    (names) => book([names, ...reportSheet([goodRow(1)]).slice(1)]),
    300,
  );
});
