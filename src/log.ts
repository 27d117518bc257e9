/**
 * The log: one JSON object a line on standard output. Whatever is written, a citizen id leaves masked, also one that
 * hides in somebody else's error message; and an address leaves without its password.
 */

import { type DestinationStream, pino } from 'pino';
import { maskCitizenIds } from './domain/citizen-id.ts';
import type { Log } from './service/ports/log.ts';

export interface LogOptions {
  level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** Standard output when not given. */
  destination?: DestinationStream;
}

export function makeLog(options: LogOptions): Log {
  const sink = options.destination ?? pino.destination({ fd: 1, sync: false });
  const masked: DestinationStream = { write: (line) => sink.write(maskedLine(line)) };
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: pino.stdSerializers.err },
    },
    masked,
  );
}

/** A text that may be printed: no citizen id, no password of an address (`mysql://bridge:…@host`). */
export function maskText(text: string): string {
  return maskCitizenIds(text.replace(/([a-z][a-z0-9+.-]*:\/\/[^\s:@/"'\\]*):[^\s"'\\]*@/gi, '$1:***@'));
}

/** Lines are masked as text; only one that changes is taken apart, since 13 digits may be a bare number in it. */
function maskedLine(line: string): string {
  if (maskText(line) === line) return line;
  return `${JSON.stringify(maskedValue(JSON.parse(line)))}\n`;
}

function maskedValue(value: unknown): unknown {
  if (typeof value === 'string') return maskText(value);
  if (typeof value === 'number') return maskedNumber(value);
  if (Array.isArray(value)) return value.map(maskedValue);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, v]) => [maskText(key), maskedValue(v)]));
}

/** A whole number of 13 digits may be somebody; the digits after a point are a measurement. */
function maskedNumber(value: number): number | string {
  const text = String(value);
  return /^-?\d{13}$/.test(text) ? maskCitizenIds(text) : value;
}
