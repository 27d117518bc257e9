/** Whatever bytes come: no crash, no hang, every row accounted for. */

import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lookThrough } from '../../../../adapters/his/csv/encoding.ts';
import { type FileRead, readVisits } from '../../../../adapters/his/csv/read-file.ts';
import { RowReader } from '../../../../adapters/his/csv/rows.ts';
import { VisitIndex } from '../../../../adapters/his/csv/visit-index.ts';
import { fileOf, STYLES, type Style } from '../../../../simulators/his/csv/desk.ts';
import { HCODE, TODAY, visit } from './support.ts';

let folder: string;
let index: VisitIndex;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'his-csv-any-'));
  index = new VisitIndex(path.join(folder, 'index.db'));
});
afterAll(async () => {
  index.close();
  await rm(folder, { recursive: true });
});

let files = 0;
async function readBytes(bytes: Uint8Array): Promise<FileRead> {
  const file = path.join(folder, 'any.csv');
  await writeFile(file, bytes);
  const handle = await open(file);
  try {
    return await readVisits(
      handle,
      { at: Date.now() + ++files, name: 'any.csv' },
      index,
      {
        hcode: HCODE,
        columns: {},
        separator: 'auto',
        encoding: 'auto',
        cancelledStatuses: new Set(['cancelled']),
        keepDays: 30,
      },
      { withLast: () => true, now: Date.now() },
    );
  } finally {
    await handle.close();
  }
}

describe('any bytes', () => {
  test('are refused or read', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 4_000 }), async (bytes) => {
        const result = await readBytes(bytes);
        expect(result === 'empty').toBe(bytes.length === 0);
      }),
      { numRuns: 150 },
    );
  });

  test('after a header: each line is a row, a fault or empty', async () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '"',
        ',',
        '\n',
        '\r\n',
        '\r',
        `${TODAY}`,
        visit(1).pid ?? '',
        '=""',
        '\0',
        ';',
        'A1',
        "'",
      ),
      fc.string({ maxLength: 6, unit: 'binary' }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 60 }), async (pieces) => {
        const result = await readBytes(Buffer.from(`vn,date,pid\n${pieces.join('')}`));
        if (typeof result === 'string' || 'unreadable' in result) return;
        const lines = pieces
          .join('')
          .toWellFormed()
          .split(/\r\n|\n|\r/)
          .filter((l) => l.replace(/[",\s\0\ufeff]/g, '') !== '');
        expect(result.rows).toBeLessThanOrEqual(pieces.join('').split(/\r\n|\n|\r/).length);
        expect(result.rows > 0 || lines.length === 0).toBe(true);
        expect(result.refused.length).toBe(Math.min(500, result.refusedRows));
      }),
      { numRuns: 300 },
    );
  });

  test('cut into any pieces, the rows are the same', () => {
    const text = fc
      .array(fc.constantFrom('"', ',', '\n', '\r\n', '\r', 'a', 'bc', '""', ' '), { maxLength: 80 })
      .map((p) => p.join(''));
    const rowsOf = (pieces: readonly string[]): unknown => {
      const reader = new RowReader(',', 3, 1);
      return [...pieces.flatMap((piece) => reader.push(piece)), ...reader.end()];
    };
    fc.assert(
      fc.property(text, fc.array(fc.nat(80), { maxLength: 5 }), (whole, cuts) => {
        const places = [0, ...cuts.filter((c) => c <= whole.length).sort((a, b) => a - b), whole.length];
        const pieces = places.slice(1).map((end, i) => whole.slice(places[i], end));
        expect(rowsOf(pieces)).toEqual(rowsOf([whole]));
      }),
      { numRuns: 500 },
    );
  });

  test('a lost quote anywhere costs its own row and no other', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 29 }),
        fc.constantFrom('start', 'middle'),
        async (at, where) => {
          const lines = Array.from({ length: 30 }, (_, n) => {
            const name = n !== at ? '"ก, ข"' : where === 'start' ? '"ก ข' : 'ก" ข';
            return `L${n},${TODAY},${name},${visit(n).pid}`;
          });
          const result = await readBytes(Buffer.from(`vn,date,fname,pid\n${lines.join('\n')}\n`));
          if (typeof result === 'string' || 'unreadable' in result) throw new Error('refused');
          expect(result.refusedRows).toBe(where === 'start' ? 1 : 0);
          if (where === 'start') expect(result.refused[0]?.line).toBe(at + 2);
          expect(result.rows).toBe(30);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('letters', () => {
  const styles = Object.values(STYLES);
  test('a good file is told for what it is, wherever it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...styles),
        fc.integer({ min: 1, max: 400 }),
        async (style: Style, rows) => {
          const bytes = fileOf(
            Array.from({ length: rows }, (_, n) => visit(n + 1)),
            style,
          );
          const result = await readBytes(bytes);
          if (typeof result === 'string' || 'unreadable' in result) throw new Error(JSON.stringify(result));
          const letters = {
            'utf-8': 'utf-8',
            'utf-8-bom': 'utf-8',
            'utf-16le': 'utf-16le',
            'tis-620': 'windows-874',
          };
          expect(result).toMatchObject({
            encoding: letters[style.letters],
            separator: style.separator,
            rows,
            refusedRows: 0,
          });
          expect(index.visit(visit(rows).vn)).toMatchObject({ person: { fname: `ทดสอบ${rows}` } });
        },
      ),
      { numRuns: 40 },
    );
  });

  test('UTF-8 is valid here as it is for Node', async () => {
    const file = path.join(folder, 'letters');
    const text = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 40 }),
      fc.string({ unit: 'binary', minLength: 1 }).map((s) => new Uint8Array(Buffer.from(s))),
    );
    await fc.assert(
      fc.asyncProperty(text, async (bytes) => {
        fc.pre(
          !bytes.includes(0) &&
            !(bytes[0] === 0xff && bytes[1] === 0xfe) &&
            !(bytes[0] === 0xfe && bytes[1] === 0xff),
        );
        await writeFile(file, bytes);
        const handle = await open(file);
        const look = await lookThrough(handle, 'utf-8');
        await handle.close();
        let isValid = true;
        try {
          new TextDecoder('utf-8', { fatal: true }).decode(bytes);
        } catch {
          isValid = false;
        }
        expect('refused' in look).toBe(!isValid);
      }),
      { numRuns: 300 },
    );
  });
});
