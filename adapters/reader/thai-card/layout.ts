/**
 * Where things lie on the Thai national ID card, as many independent public readers agree: one flat memory behind the
 * identity applet, text in TIS-620 padded with blanks, dates in the Buddhist calendar.
 */

/** A stretch of the card's memory. */
export interface Field {
  offset: number;
  length: number;
}

/** SELECT of the applet that holds identity; any other card answers 6A82. */
export const SELECT_IDENTITY = Uint8Array.of(0, 0xa4, 4, 0, 8, 0xa0, 0, 0, 0, 0x54, 0x48, 0, 1);

export const FIELDS = {
  citizenId: { offset: 4, length: 13 },
  /** title#first#middle#last */
  thaiName: { offset: 17, length: 100 },
  englishName: { offset: 117, length: 100 },
  birthDate: { offset: 217, length: 8 },
  /** 1 male, 2 female */
  sex: { offset: 225, length: 1 },
  issuer: { offset: 246, length: 100 },
  issueDate: { offset: 359, length: 8 },
  /** 99999999: for life */
  expiryDate: { offset: 367, length: 8 },
  /** How long the photo is, two bytes, the greater first. */
  photoLength: { offset: 377, length: 2 },
  /** house#moo#trok#soi#road#tambon#amphoe#province */
  address: { offset: 5497, length: 160 },
} as const satisfies Record<string, Field>;

/** Name, English name, birth date and sex lie side by side: one command instead of four. */
export const WHO: Field = { offset: 17, length: 209 };

export const PHOTO: Field = { offset: 379, length: 5118 };

/** A command asks for less than 256 bytes. */
export const MOST_AT_ONCE = 255;

/** READ BINARY as this card wants it: the length stands in the data, not behind it. */
export function readCommand(offset: number, length: number): Uint8Array {
  return Uint8Array.of(0x80, 0xb0, offset >> 8, offset & 0xff, 2, 0, length);
}
