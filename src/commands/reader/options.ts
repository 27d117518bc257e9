/** The options of the reader worker, and what they may be. */

import { InvalidArgumentError } from 'commander';
import type { LogOptions } from '../../log.ts';

/** Where cards are read: by what serves best, by NHSO's agent alone, or by the reader itself alone. */
export type SourceOption = 'auto' | 'agent' | 'pcsc';

export interface ReaderOptions {
  station: string;
  source: SourceOption;
  agent: string;
  bridge: string;
  key: string;
  hcode?: string;
  spool: string;
  pollMs: number;
  settleMs: number;
  readTimeoutMs: number;
  nhsoRetryMs: number;
  log: LogOptions['level'];
}

export const SPOOL_OPTION = [
  '--spool <folder>',
  'where reads wait; one folder for each reader',
  './spool',
] as const;

export function station(text: string): string {
  if (/^[A-Za-z0-9._-]{1,40}$/.test(text)) return text;
  throw new InvalidArgumentError('expected letters, digits, dots, dashes or underscores, at most 40');
}

export function source(text: string): SourceOption {
  const known = (['auto', 'agent', 'pcsc'] as const).find((s) => s === text);
  if (known !== undefined) return known;
  throw new InvalidArgumentError('expected auto, agent or pcsc');
}

export function hcode(text: string): string {
  if (/^([A-Za-z0-9]{5}|[A-Za-z0-9]{9})$/.test(text)) return text;
  throw new InvalidArgumentError('expected a hospital code of 5 or 9 characters');
}

export function httpUrl(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw new InvalidArgumentError('expected an address that begins with http:// or https://');
}

export function between(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`expected milliseconds, ${least} to ${most}`);
  };
}

export function level(text: string): LogOptions['level'] {
  const known = (['debug', 'info', 'warn', 'error', 'silent'] as const).find((l) => l === text);
  if (known !== undefined) return known;
  throw new InvalidArgumentError('expected debug, info, warn, error or silent');
}
