import { describe, expect, test } from 'vitest';
import { csvHead, csvRows } from '../../src/http/csv.ts';
import { hasSpreadsheet, openInSpreadsheet } from '../support/spreadsheet.ts';

describe.skipIf(!hasSpreadsheet)(
  'in LibreOffice Calc (skipped where there is no soffice in the PATH)',
  () => {
    test('numbers of visits and patients stay what they are, Thai is Thai, and nothing is carried out', async () => {
      const texts = [
        ...['691120083111', '000012345', '12/60', '2026-11-19', '2026-11-19 08:30:00', '1E5', 'MAR1', 'TRUE'],
        ...['PP1234567890', 'ไม่พบรหัสที่ออกไว้', 'บรรทัดหนึ่ง\nบรรทัด "สอง", จบ', '', 'had-one'],
      ];
      const active = ['=1+1', '+66812345678', '-1', '@SUM(1)', '=HYPERLINK("http://x","y")', '＝1', "'x"];
      const [heads, ...rows] = await openInSpreadsheet(
        csvHead(['VN', 'ผล']) + csvRows([...texts, ...active].map((text) => [text, 'จบ'])),
      );
      expect(heads?.map(({ text }) => text)).toEqual(['VN', 'ผล']);
      const first = rows.map(([cell]) => cell);
      expect(first.map((cell) => cell?.text)).toEqual([...texts, ...active.map((text) => `'${text}`)]);
      expect(first.filter((cell) => cell?.text !== '').map((cell) => cell?.type)).toEqual(
        Array(texts.length + active.length - 1).fill('string'),
      );
      expect(rows.map(([, last]) => last?.text)).toEqual(rows.map(() => 'จบ'));
    }, 180_000);
  },
);
