/** The examples of docs/his-csv.md are files that the bridge reads, and its table of columns is the one that the reader goes by. */

import { describe, expect, test } from 'vitest';
import { NAMES } from '../../adapters/his/csv/header.ts';
import { parseConfig } from '../../src/config.ts';
import { parseServiceDate } from '../../src/domain/bangkok.ts';
import { parseCitizenId } from '../../src/domain/citizen-id.ts';
import { counter, csvOptions } from '../adapters/his/csv/support.ts';
import { blocks, read, table } from './markdown.ts';

const document = read('docs/his-csv.md');
const files = blocks(document, 'csv');
const day = parseServiceDate('2026-01-15');
if (day === null) throw new Error('no day');

describe('docs/his-csv.md', () => {
  test('its files of visits are read, every row', async () => {
    const { desk, open, folder } = await counter();
    const his = open({ ...csvOptions({ folder }), keepDays: 20_000 });
    const examples = files.filter((file) => !file.startsWith('vn,hn,service_date'));
    expect(examples).toHaveLength(2);
    for (const example of examples) await desk.drop(Buffer.from(`${example}\n`));
    const visits = await his.visitsOn(day);
    expect(visits.map((v) => [v.vn, v.problem, v.cancelled])).toEqual([
      ['690115083000', null, false],
      ['690115083112', null, false],
      ['690115090000', null, false],
      ['690115091500', null, true],
    ]);
    expect(visits.every((v) => parseCitizenId(v.pid)?.startsWith('9') && v.phones.length === 1)).toBe(true);
    // and the file of codes is what comes out
    const code = {
      claimCode: 'PP9000000001',
      claimType: 'PG0060001',
      issuedAt: Date.parse('2026-01-15T08:41:07+07:00'),
    };
    await his.writeBack({ vn: '690115083000', ...code });
    const [vn = '', ...cells] = files.at(-1)?.trim().split('\n').at(-1)?.split(',') ?? [];
    expect(await desk.codes(day)).toEqual(new Map([[vn, cells]]));
  });

  test('names every column, and each name of it', () => {
    const told = table(document, 'field').map(([field, names]) => [field, names]);
    expect(told).toEqual(Object.entries(NAMES).map(([field, names]) => [`\`${field}\``, names.join(' · ')]));
  });

  test('its configuration is one', () => {
    const [example = ''] = blocks(document.replaceAll(/^ {3}/gm, ''), 'json');
    expect(parseConfig(JSON.parse(example), {}).sites[0]?.his).toMatchObject({ kind: 'csv', keepDays: 30 });
  });
});
