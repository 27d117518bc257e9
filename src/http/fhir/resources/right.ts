/** Reading NHSO's word on a right: "(UCS) สิทธิหลักประกันสุขภาพแห่งชาติ". */

import { clean } from './elements.ts';

export interface InsclWord {
  /** What stands in the brackets. */
  code: string;
  /** What follows them; null when nothing does. */
  name: string | null;
}

/** Text without brackets is a code as it stands: some answers bring only that. Null when there is nothing. */
export function parseInscl(text: string | null): InsclWord | null {
  const words = clean(text);
  if (words === null) return null;
  const match = /^\(([^()]+)\)\s*(.*)$/.exec(words);
  const code = clean(match?.[1]);
  return code === null ? { code: words, name: null } : { code, name: clean(match?.[2]) };
}

/** Schemes that the Thai coverage types know by the same letters as NHSO does. */
export const THAI_COVERAGE_TYPES: readonly string[] = ['UCS', 'OFC', 'SSS', 'LGO', 'OGO', 'RAA', 'PI', 'SP'];

/** The Thai coverage type; OTH where NHSO's code has none of its own, and NHSO's own code stands beside it. */
export function coverageTypeOf(mainInscl: string | null): string {
  return mainInscl !== null && THAI_COVERAGE_TYPES.includes(mainInscl) ? mainInscl : 'OTH';
}

/** Who pays: the civil servants' and the social security schemes have their own offices, NHSO settles the rest. */
export function payorOf(mainInscl: string | null): 'nhso' | 'cgd' | 'sso' {
  if (mainInscl === 'OFC') return 'cgd';
  return mainInscl === 'SSS' || mainInscl === 'SSI' ? 'sso' : 'nhso';
}
