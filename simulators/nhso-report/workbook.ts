/** Writes the report as an .xlsx file, a row at a time: as POI's streaming writer does it, or as Excel does after "save". */

import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import yazl from 'yazl';
import { COLUMNS, type ReportRow } from './row.ts';

export interface WorkbookOptions {
  /**
   * `inline`: POI's streaming writer, texts in the cells, sizes behind the data in the zip; `shared`: Excel, texts in a table
   * that stands behind the sheet. Excel writes no cell where there is no text, POI an empty one.
   */
  strings?: 'inline' | 'shared' | undefined;
  /** Stands in a row of its own before the column titles. */
  title?: string | undefined;
  /** False leaves the column titles out, as in a file that somebody has cut. */
  header?: boolean | undefined;
  sheetName?: string | undefined;
}

/** `rows` is called once for inline strings, twice for shared ones, and must give the same rows both times. */
export async function writeWorkbook(
  path: string,
  rows: () => Iterable<ReportRow>,
  options: WorkbookOptions = {},
): Promise<void> {
  const { strings = 'inline', sheetName = 'รายงาน' } = options;
  const shared = strings === 'shared';
  const zip = new yazl.ZipFile();
  const add = (name: string, text: string) => zip.addBuffer(Buffer.from(text), name);
  add('[Content_Types].xml', contentTypes(shared));
  add('_rels/.rels', RELS);
  add('xl/workbook.xml', workbook(sheetName));
  add('xl/_rels/workbook.xml.rels', workbookRels(shared));
  add('xl/styles.xml', STYLES);
  const failed = new Promise<never>((_, reject) => {
    zip.once('error', reject);
  });
  addStream(
    zip,
    'xl/worksheets/sheet1.xml',
    sheet(lines(rows(), options), shared ? sharedCell() : inlineCell),
  );
  if (shared) addStream(zip, 'xl/sharedStrings.xml', sharedStrings(lines(rows(), options)));
  zip.end();
  await Promise.race([pipeline(zip.outputStream, createWriteStream(path)), failed]);
}

/** Texts of one line; null where there is none. */
type Line = readonly (string | null)[];

function* lines(rows: Iterable<ReportRow>, { title, header = true }: WorkbookOptions): Generator<Line> {
  if (title !== undefined) yield [title];
  if (header) yield COLUMNS.map((column) => column.title);
  for (const row of rows) yield COLUMNS.map((column) => column.text(row));
}

type Cell = (at: string, text: string | null) => string;

const inlineCell: Cell = (at, text) =>
  text === null ? `<c r="${at}"/>` : `<c r="${at}" t="inlineStr"><is><t>${escaped(text)}</t></is></c>`;

function sharedCell(): Cell {
  const table = new Table();
  return (at, text) => (text === null ? '' : `<c r="${at}" t="s"><v>${table.indexOf(text).index}</v></c>`);
}

/**
 * Numbers texts in the order in which they come. The first ten thousand are found again, later ones get a number of their own
 * each: what repeats (hospital, right, service) comes early, and memory stays small.
 */
class Table {
  readonly #known = new Map<string, number>();
  #next = 0;

  indexOf(text: string): { index: number; fresh: boolean } {
    const known = this.#known.get(text);
    if (known !== undefined) return { index: known, fresh: false };
    const index = this.#next++;
    if (this.#known.size < 10_000) this.#known.set(text, index);
    return { index, fresh: true };
  }
}

const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006';

function* sheet(all: Iterable<Line>, cell: Cell): Generator<string> {
  yield `${XML}<worksheet xmlns="${MAIN}"><sheetData>`;
  let n = 0;
  for (const line of all) {
    n += 1;
    yield `<row r="${n}">${line.map((text, i) => cell(`${columnName(i)}${n}`, text)).join('')}</row>`;
  }
  yield '</sheetData></worksheet>';
}

function* sharedStrings(all: Iterable<Line>): Generator<string> {
  const table = new Table();
  // the two counts are optional, and not known before the end
  yield `${XML}<sst xmlns="${MAIN}">`;
  for (const line of all) {
    for (const text of line) {
      if (text !== null && table.indexOf(text).fresh)
        yield `<si><t xml:space="preserve">${escaped(text)}</t></si>`;
    }
  }
  yield '</sst>';
}

/** In pieces of 64 kB: a chunk per row would cost more than the row. */
function* inPieces(texts: Iterable<string>): Generator<Buffer> {
  let piece = '';
  for (const text of texts) {
    piece += text;
    if (piece.length < 65_536) continue;
    yield Buffer.from(piece);
    piece = '';
  }
  yield Buffer.from(piece);
}

function addStream(zip: yazl.ZipFile, name: string, texts: Iterable<string>): void {
  zip.addReadStreamLazy(name, (callback) => callback(null, Readable.from(inPieces(texts))));
}

function columnName(index: number): string {
  return String.fromCharCode(65 + index);
}

function contentTypes(shared: boolean): string {
  const type = 'application/vnd.openxmlformats-officedocument.spreadsheetml';
  const part = (name: string, kind: string) =>
    `<Override PartName="/xl/${name}.xml" ContentType="${type}.${kind}+xml"/>`;
  return `${XML}<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>${part('workbook', 'sheet.main')}${part('worksheets/sheet1', 'worksheet')}${part('styles', 'styles')}${shared ? part('sharedStrings', 'sharedStrings') : ''}</Types>`;
}

const RELS = `${XML}<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>`;

function workbook(sheetName: string): string {
  return `${XML}<workbook xmlns="${MAIN}" xmlns:r="${OFFICE}"><sheets><sheet name="${escaped(sheetName)}" sheetId="1" r:id="rId1"/></sheets></workbook>`;
}

function workbookRels(shared: boolean): string {
  const part = (n: number, kind: string, target: string) =>
    `<Relationship Id="rId${n}" Type="${OFFICE}/${kind}" Target="${target}.xml"/>`;
  return `${XML}<Relationships xmlns="${PACKAGE}/relationships">${part(1, 'worksheet', 'worksheets/sheet1')}${part(2, 'styles', 'styles')}${shared ? part(3, 'sharedStrings', 'sharedStrings') : ''}</Relationships>`;
}

/** Excel refuses a workbook without at least these. */
const STYLES = `${XML}<styleSheet xmlns="${MAIN}"><fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs></styleSheet>`;

function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}
