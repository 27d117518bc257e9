import { describe, expect, it } from 'vitest';
import { type CounterStatus, type LinkStatus, statusLine } from '../../../src/service/reader/status.ts';
import { sampleCitizenId } from '../../support/samples.ts';

const UP: LinkStatus = { is: 'up', waiting: 0, rejected: 0, rejectedBecause: null };
const PID = sampleCitizenId(7);
const COUNTER: CounterStatus[] = [
  { is: 'starting' },
  { is: 'source-away' },
  { is: 'no-reader' },
  { is: 'ready' },
  { is: 'reading' },
  { is: 'cannot-read' },
  { is: 'stopped' },
  { is: 'read', pid: PID, kind: 'full', again: false },
  { is: 'read', pid: PID, kind: 'full', again: true },
  { is: 'read', pid: PID, kind: 'card-only', again: false },
  { is: 'refused', pid: PID, message: 'ไม่พบสิทธิ' },
  { is: 'same-card', pid: PID },
  { is: 'cannot-keep', reason: 'ENOSPC' },
];
const LINK: LinkStatus[] = [
  UP,
  { ...UP, is: 'away', waiting: 3 },
  { ...UP, is: 'key-refused', waiting: 1 },
  { ...UP, is: 'clocks-differ', waiting: 1 },
  { ...UP, rejected: 2, rejectedBecause: 'pid: expected 13 digits' },
];

describe('the status line', () => {
  it('says every state in Thai and in English, on one line, each differently, without a whole citizen id', () => {
    const lines = COUNTER.flatMap((counter) => LINK.map((link) => statusLine(counter, link)));
    expect(new Set(lines).size).toBe(lines.length);
    for (const line of lines) {
      const [thai, english, ...rest] = line.split(' | ');
      expect(thai).toMatch(/[ก-๙]/);
      expect(english).toMatch(/[a-z]/);
      expect(rest).toEqual([]);
      expect(line).not.toMatch(/\n/);
      expect(line).not.toContain(PID);
    }
  });

  it('shows which card, how many wait, and why one was not accepted', () => {
    expect(statusLine({ is: 'read', pid: PID, kind: 'full', again: false }, UP)).toContain('9-xxxx-xxxxx-');
    expect(statusLine({ is: 'ready' }, { ...UP, is: 'away', waiting: 3 })).toContain('bridge away, 3 kept');
    expect(statusLine({ is: 'ready' }, { ...UP, is: 'key-refused', waiting: 1 })).toContain('key refused');
    expect(statusLine({ is: 'ready' }, { ...UP, rejected: 1, rejectedBecause: 'no such station' })).toContain(
      'no such station',
    );
  });
});
