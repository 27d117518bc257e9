/** Reads what the simulator wrote, by the zip's own directory and a strict XML parser: nothing of the bridge, nothing of the writer. */

import { readFileSync } from 'node:fs';
import { crc32, inflateRawSync } from 'node:zlib';
import sax from 'sax';

/** Parts by name, in the order of the directory; checksums are proved. */
export function unzip(path: string): Map<string, string> {
  const zip = readFileSync(path);
  const end = zip.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  const parts = new Map<string, string>();
  let at = zip.readUInt32LE(end + 16);
  for (let n = zip.readUInt16LE(end + 10); n > 0; n -= 1) {
    const [crc, size] = [zip.readUInt32LE(at + 16), zip.readUInt32LE(at + 20)];
    const [nameLength, extra, comment] = [28, 30, 32].map((o) => zip.readUInt16LE(at + o)) as [
      number,
      number,
      number,
    ];
    const name = zip.toString('utf8', at + 46, at + 46 + nameLength);
    const local = zip.readUInt32LE(at + 42);
    const data = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const content = inflateRawSync(zip.subarray(data, data + size));
    if (crc32(content) !== crc) throw new Error(`${name}: wrong checksum`);
    parts.set(name, content.toString('utf8'));
    at += 46 + nameLength + extra + comment;
  }
  return parts;
}

/** Rows of the sheet, a cell without text as an empty one. */
export function readRows(path: string): string[][] {
  const parts = unzip(path);
  const table = texts(parts.get('xl/sharedStrings.xml'), 'si');
  const rows: string[][] = [];
  let cell: { column: number; shared: boolean; text: string } | null = null;
  walk(parts.get('xl/worksheets/sheet1.xml') ?? '', {
    open: (name, attributes) => {
      if (name === 'row') rows.push([]);
      if (name !== 'c') return;
      const column = (attributes.r ?? '').charCodeAt(0) - 65;
      cell = { column, shared: attributes.t === 's', text: '' };
      if (attributes.r?.slice(1) !== String(rows.length))
        throw new Error(`${attributes.r} in row ${rows.length}`);
    },
    text: (text) => {
      if (cell !== null) cell.text += text;
    },
    close: (name) => {
      if (name !== 'c' || cell === null) return;
      const row = rows.at(-1) ?? [];
      while (row.length < cell.column) row.push('');
      row.push(cell.shared ? (table[Number(cell.text)] ?? 'no such text') : cell.text);
      cell = null;
    },
  });
  const width = Math.max(...rows.map((row) => row.length));
  return rows.map((row) => [...row, ...Array.from({ length: width - row.length }, () => '')]);
}

function texts(xml: string | undefined, element: string): string[] {
  const found: string[] = [];
  if (xml === undefined) return found;
  walk(xml, {
    open: (name) => {
      if (name === element) found.push('');
    },
    text: (text) => {
      found[found.length - 1] += text;
    },
    close: () => undefined,
  });
  return found;
}

interface Walker {
  open(name: string, attributes: Readonly<Record<string, string>>): void;
  text(text: string): void;
  close(name: string): void;
}

function walk(xml: string, walker: Walker): void {
  const parser = sax.parser(true, {});
  parser.onerror = (error) => {
    throw error;
  };
  parser.onopentag = (tag) => walker.open(tag.name, tag.attributes as Record<string, string>);
  parser.ontext = (text) => walker.text(text);
  parser.onclosetag = (name) => walker.close(name);
  parser.write(xml).close();
}
