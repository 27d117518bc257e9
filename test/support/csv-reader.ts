/** A strict reader of CSV (RFC 4180), by nobody who writes it: every record ends with CRLF, a quote is doubled in quotes. */

export function readCsv(text: string): string[][] {
  const rows: string[][] = [];
  let at = 0;
  while (at < text.length) {
    const row: string[] = [];
    for (;;) {
      const [cell, end] = text[at] === '"' ? quoted(text, at) : plain(text, at);
      row.push(cell);
      at = end + 1;
      if (text[end] === ',') continue;
      if (text.slice(end, end + 2) !== '\r\n') throw new Error(`expected a comma or CRLF at ${end}`);
      at = end + 2;
      break;
    }
    rows.push(row);
  }
  return rows;
}

function quoted(text: string, from: number): [string, number] {
  let cell = '';
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] !== '"') cell += text[at];
    else if (text[at + 1] === '"') cell += text[at++];
    else return [cell, at + 1];
  }
  throw new Error('a quote that does not end');
}

function plain(text: string, from: number): [string, number] {
  const length = text.slice(from).search(/[,\r\n]/);
  const cell = length < 0 ? text.slice(from) : text.slice(from, from + length);
  if (cell.includes('"')) throw new Error(`a quote in the middle of a cell at ${from}`);
  return [cell, from + cell.length];
}
