/** Reads the project's documents: files, tables, code blocks and links. */

import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');

/** Every document of the project, as paths from its root. */
export const DOCUMENTS: readonly string[] = [
  ...globSync('*.md', { cwd: ROOT }),
  ...globSync('docs/**/*.md', { cwd: ROOT }),
].sort();

export function fromRoot(...parts: string[]): string {
  return join(ROOT, ...parts);
}

export function read(document: string): string {
  return readFileSync(fromRoot(document), 'utf8');
}

/** The cells of the first table whose first header is `firstHeader`, without the header; empty when there is none. */
export function table(text: string, firstHeader: string): string[][] {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => cells(line)[0] === firstHeader);
  if (start < 0) return [];
  const end = lines.findIndex((line, at) => at > start && !line.startsWith('|'));
  return lines.slice(start + 2, end < 0 ? undefined : end).map(cells);
}

function cells(line: string): string[] {
  if (!line.startsWith('|')) return [];
  return line
    .replace(/^\||\|$/g, '')
    .split('|')
    .map((cell) => cell.trim());
}

/** The text of every fenced block in this language. Blocks in lists are indented; the indentation is taken off. */
export function blocks(text: string, language: string): string[] {
  return [...text.matchAll(/^( *)```(\w*)\n([\s\S]*?)\n\1```/gm)]
    .filter(([, , lang]) => lang === language)
    .map(([, indent = '', , body = '']) => body.replaceAll(new RegExp(`^${indent}`, 'gm'), ''));
}

/** Text without its fenced blocks. */
export function withoutBlocks(text: string): string {
  return text.replace(/^( *)```\w*\n[\s\S]*?\n\1```/gm, '');
}

/** The anchors that GitHub gives the headings of a document. */
export function anchors(text: string): Set<string> {
  const headings = [...withoutBlocks(text).matchAll(/^#{1,6} (.+)$/gm)];
  return new Set(
    headings.map(([, title = '']) =>
      title
        .toLowerCase()
        .replace(/[^\p{L}\p{M}\p{N}\s_-]/gu, '')
        .replace(/ /g, '-'),
    ),
  );
}
