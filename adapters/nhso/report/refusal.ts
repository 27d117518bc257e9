/** How a file is refused: one sentence and the next step, in English and in Thai, for whoever downloaded it. */

import { BridgeError } from '../../../src/domain/bridge-error.ts';
import type { Wording } from '../../../src/domain/reason-text.ts';

/** Why, and what to do. None holds anything that stands in the file. */
export class Refusal extends BridgeError {
  constructor(why: Wording, next: Wording) {
    super('bad-input', `${why.en} ${next.en}\n  ${why.th} ${next.th}`, { retry: 'no' });
    this.name = 'Refusal';
  }
}

export const SAVE_AS_XLSX: Wording = {
  en: 'Open it in Excel, save it as "Excel Workbook (.xlsx)" and import that file.',
  th: 'ให้เปิดไฟล์ใน Excel แล้วบันทึกเป็นชนิด "Excel Workbook (.xlsx)" จากนั้นนำเข้าไฟล์ใหม่',
};

export const DOWNLOAD_AGAIN: Wording = {
  en: 'Download the report from NHSO once more.',
  th: 'ให้ดาวน์โหลดรายงานจาก สปสช. ใหม่อีกครั้ง',
};

export const SHORTER_PERIOD: Wording = {
  en: 'Download it for a shorter period.',
  th: 'ให้ดาวน์โหลดรายงานเป็นช่วงวันที่สั้นลง',
};

export function damaged(): Refusal {
  return new Refusal({ en: 'The file is damaged or cut short.', th: 'ไฟล์เสียหายหรือไม่ครบ' }, DOWNLOAD_AGAIN);
}

/** `what` is larger than any report is: a text, a row, a part. */
export function tooLarge(): Refusal {
  return new Refusal(
    { en: 'The file holds more than a report may.', th: 'ไฟล์มีข้อมูลมากเกินกว่าที่รายงานจะมีได้' },
    SHORTER_PERIOD,
  );
}
