/** What the body of an answer is, and NHSO's own words in it, fit to be shown. */

import { maskCitizenIds } from '../../src/domain/citizen-id.ts';
import type { HttpAnswer } from './http.ts';

const NHSO_WORDS_MAX = 300;

export function isHtml(answer: HttpAnswer): boolean {
  return answer.contentType.includes('html') || /^\s*</.test(answer.text);
}

/** NHSO's own words from Spring's error body: `errors[0].defaultMessage`, else `message`. */
export function nhsoWords(answer: HttpAnswer, secrets: readonly string[] = []): string | null {
  const body = parseJson(answer.text);
  const [first] = asArray(field(body, 'errors'));
  const words = textOf(field(first, 'defaultMessage')) ?? textOf(field(body, 'message'));
  return words === null ? null : shownWords(words, secrets);
}

/**
 * Words of NHSO's for an error: without what the request held (`secrets`: whom it was about, the token), citizen ids
 * masked, on one line, and only then cut.
 */
export function shownWords(words: string, secrets: readonly string[] = []): string | null {
  const told = secrets.reduce((text, secret) => without(text, secret), words);
  const oneLine = maskCitizenIds(told)
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim();
  return [...oneLine].slice(0, NHSO_WORDS_MAX).join('') || null;
}

/** Also inside a longer run of digits, which the masking of citizen ids takes for something else; in either case. */
function without(text: string, secret: string): string {
  if (secret === '') return text;
  const literal = secret.replace(/[^A-Za-z0-9]/g, (c) => `\\u{${c.codePointAt(0)?.toString(16)}}`);
  return text.replace(new RegExp(literal, 'giu'), '…');
}

/** Undefined when it is not JSON: the parser's own message would quote the text. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function field(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}

function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value : null;
}
