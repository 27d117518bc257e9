/**
 * CSV that opens right in a spreadsheet with a double click: UTF-8 with a byte order mark (else Excel takes Thai for another
 * code page), CRLF, commas, every cell in quotes (a lone line feed in a cell would part the row for some readers). A line
 * `sep=,` is left out: it makes Excel overlook the mark.
 *
 * Two things that a spreadsheet would do to a text are kept from happening:
 * - Carrying it out. What begins like a formula gets an apostrophe before it; so does what begins with an apostrophe, so
 *   that whoever takes one off always has the text that went in.
 * - Reading it as a number or a date: 691120083111 would be shown as 6.91E+11, 000012345 lose its zeros, 12/60 become a
 *   day in December. It is written `="000012345"`: the one form that Excel and LibreOffice both take for a text, and from
 *   which copying gives the digits alone (a tab before them would be copied too, and not be found in the HIS).
 */

import { stringify } from 'csv-stringify/sync';

/** Also what is seen as a formula once blanks before it are gone, and the full-width signs that some Excels take as such. */
const ACTIVE = /^(?:[\s\p{C}]|['=+\-@|%＝＋－＠])/u;
const NUMERIC = /^[\p{Sc}(.]*\p{Nd}[\p{Nd}\p{Sc} .,:/()%Ee+-]*(?: ?[AaPp][Mm])?$/u;
/** `MAR1`, `12-Nov`, `1 March 2026` */
const DATED = /^(?:\p{Nd}{1,4}[-/. ,]*)?[A-Za-z]{3,9}[-/. ,]*(?:\p{Nd}[\p{Nd}/. ,:-]*)?$/u;

/** A text as the cell that holds it. */
export function cellOf(text: string): string {
  if (ACTIVE.test(text)) return `'${text}`;
  if (NUMERIC.test(text) || (DATED.test(text) && (/\p{Nd}/u.test(text) || isBoolean(text)))) {
    return `="${text}"`;
  }
  return text;
}

function isBoolean(text: string): boolean {
  return /^(?:true|false)$/i.test(text);
}

/** Begins the file; give it the column heads. */
export function csvHead(heads: readonly string[]): string {
  return csv([heads], true);
}

export function csvRows(rows: readonly (readonly string[])[]): string {
  return csv(rows, false);
}

function csv(rows: readonly (readonly string[])[], bom: boolean): string {
  return stringify(
    rows.map((row) => row.map(cellOf)),
    { bom, record_delimiter: 'windows', quoted: true },
  );
}
