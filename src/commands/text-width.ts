/**
 * Text in columns of a terminal. Thai vowels and tone marks stand above and below their consonant and take no column of
 * their own, SARA AM (ำ) does, Chinese signs take two: `string-width` knows. What cli-progress brings along (its version 4)
 * counts every Thai mark as a column, and Node has no such function of its own.
 */

import stringWidth from 'string-width';

const SIGNS = new Intl.Segmenter('th', { granularity: 'grapheme' });

/** Exactly so wide: filled up with blanks, or cut with "…" at the end, never within a sign. */
export function inWidth(text: string, width: number): string {
  const shown = shownText(text);
  const rest = width - stringWidth(shown);
  return rest >= 0 ? shown + ' '.repeat(rest) : cut(shown, width);
}

/** In lines of at most that width, parted at blanks; Thai has few, so also wherever a line is full. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of shownText(text).split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (stringWidth(longer) <= width) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    const [last = '', ...full] = chunks(word, width).reverse();
    lines.push(...full.reverse());
    line = last;
  }
  return [...lines, line];
}

export function widthOf(text: string): number {
  return stringWidth(shownText(text));
}

/** Another system's text may hold what moves a terminal's cursor or turns its writing round. */
function shownText(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, '·')
    .replace(/[\p{Cf}\p{Cs}]/gu, '')
    .replace(/\p{Zs}/gu, ' ');
}

function cut(text: string, width: number): string {
  let kept = '';
  let columns = 0;
  for (const { segment } of SIGNS.segment(text)) {
    const wider = columns + stringWidth(segment);
    if (wider > width - 1) break;
    kept += segment;
    columns = wider;
  }
  // a sign of two columns may have left one free
  return `${kept}…${' '.repeat(width - 1 - columns)}`;
}

function chunks(word: string, width: number): string[] {
  const parts: string[] = [];
  let part = '';
  for (const { segment } of SIGNS.segment(word)) {
    if (stringWidth(part + segment) > width) {
      parts.push(part);
      part = '';
    }
    part += segment;
  }
  return [...parts, part];
}
