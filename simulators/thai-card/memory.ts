/** What lies on an invented Thai national ID card, byte by byte. */

const SIZE = 5671;
const BLANK = 0x20;

export interface CardHolder {
  citizenId: string;
  /** title#first#middle#last */
  thaiName: string;
  englishName: string;
  /** Buddhist yyyymmdd, month and day may be 00. */
  birthDate: string;
  sex: '1' | '2';
  issuer: string;
  issueDate: string;
  /** 99999999: for life. */
  expiryDate: string;
  /** house#moo#trok#soi#road#tambon#amphoe#province */
  address: string;
  photo: Uint8Array;
}

/** The smallest thing that begins and ends as a JPEG does. */
const NO_FACE = Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 0, 0x20, 0x20, 0xff, 0xd9);

export function cardHolder(over: Partial<CardHolder> = {}): CardHolder {
  return {
    citizenId: '9000000000012',
    thaiName: 'นาย#สมมุติ##ทดสอบ',
    englishName: 'Mr.#Sommut##Thotsop',
    birthDate: '25200415',
    sex: '1',
    issuer: 'ที่ว่าการอำเภอสมมุติ/จังหวัดสมมุติ',
    issueDate: '25600101',
    expiryDate: '25690414',
    address: '99#หมู่ที่ 1####ตำบลสมมุติ#อำเภอสมมุติ#จังหวัดสมมุติ',
    photo: NO_FACE,
    ...over,
  };
}

export function memoryOf(holder: CardHolder): Uint8Array {
  const memory = new Uint8Array(SIZE).fill(BLANK);
  const put = (offset: number, length: number, text: string): void => {
    memory.set(tis620(text).subarray(0, length), offset);
  };
  put(0, 4, '0003');
  put(4, 13, holder.citizenId);
  put(17, 100, holder.thaiName);
  put(117, 100, holder.englishName);
  put(217, 8, holder.birthDate);
  put(225, 1, holder.sex);
  put(246, 100, holder.issuer);
  put(359, 8, holder.issueDate);
  put(367, 8, holder.expiryDate);
  memory.set([holder.photo.length >> 8, holder.photo.length & 0xff], 377);
  memory.set(holder.photo.subarray(0, 5118), 379);
  put(5497, 160, holder.address);
  put(5657, 14, '0000-00-00000000');
  return memory;
}

/** Thai letters stand 0x0E00 above their place in TIS-620. */
function tis620(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => {
    const code = char.charCodeAt(0);
    if (code < 0x80) return code;
    if (code > 0x0e00 && code < 0x0e60) return code - 0x0e00 + 0xa0;
    throw new RangeError(`${char} is not in TIS-620`);
  });
}
