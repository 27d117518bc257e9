/** Files as different programs write them come to the same visits. */

import { describe, expect, test } from 'vitest';
import { STYLES } from '../../../../simulators/his/csv/desk.ts';
import { at, counter, HCODE, TODAY, visit } from './support.ts';

describe('a file', () => {
  test.each(Object.entries(STYLES))('of %s', async (_name, style) => {
    const { his, desk } = await counter();
    const note = { fname: 'สม "ชาย"; ทดสอบ', lname: `ณ ตัวอย่าง${style.separator} สาย 2` };
    await desk.drop([visit(1), visit(2, { mobile: '02-000-0001', ...note }), visit(3, { status: 'ยกเลิก' })], {
      style,
    });
    const visits = await his.visitsOn(TODAY);
    expect(visits).toHaveLength(3);
    expect(visits[0]).toEqual({
      hcode: HCODE,
      vn: visit(1).vn,
      hn: '000000001',
      an: null,
      serviceDate: TODAY,
      startedAt: at('08:00:01'),
      pid: visit(1).pid,
      person: {
        title: 'นาย',
        fname: 'ทดสอบ1',
        lname: 'ตัวอย่าง',
        birthDate: '1980-05-01',
        sex: 'male',
        nationality: '99',
      },
      phones: ['0810000001'],
      right: { code: '89', name: null, scheme: 'UCS', hospMain: null, hospSub: null },
      kind: 'outpatient',
      department: { code: '011', name: null },
      cancelled: false,
      code: null,
      loggedCode: null,
      problem: null,
    });
    expect(visits[1]).toMatchObject({ person: note, phones: ['02-000-0001'], problem: null });
    expect(visits[2]).toMatchObject({ cancelled: true });
  });
});
