/** A good configuration, and what is said about one that is not. */

import { expect } from 'vitest';
import { parseConfig } from '../src/config.ts';
import { BridgeError } from '../src/domain/bridge-error.ts';

export const HIS = { kind: 'hosxp', url: 'mysql://bridge:secret@10.0.0.10:3306/hos' };
export const STATION = { id: 'counter-1', agentUrl: 'http://10.0.0.21:8189' };
export const SITE = { hcode: '10978', his: HIS, stations: [STATION] };

/** The lines of what is said about it; none when it is taken. */
export function faults(json: unknown, env: Record<string, string> = {}): string[] {
  try {
    parseConfig(json, env, 'file');
    return [];
  } catch (error) {
    if (!(error instanceof BridgeError) || error.code !== 'config') throw error;
    const [head, ...lines] = error.message.split('\n  ');
    expect(head).toBe('file:');
    return lines;
  }
}
