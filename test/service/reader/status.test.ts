import { describe, expect, it } from 'vitest';
import { advice } from '../../../src/service/reader/advice.ts';
import type { Why } from '../../../src/service/reader/choose.ts';
import { linkNow } from '../../../src/service/reader/report.ts';
import {
  type CounterStatus,
  type LinkStatus,
  type Shown,
  statusLine,
} from '../../../src/service/reader/status.ts';
import { sampleCitizenId } from '../../support/samples.ts';

const UP: LinkStatus = { is: 'up', waiting: 0, rejected: 0, rejectedBecause: null };
const PID = sampleCitizenId(7);
const COUNTER: CounterStatus[] = [
  { is: 'starting' },
  { is: 'no-source', agent: 'away', pcsc: null },
  { is: 'no-source', agent: 'no-reader', pcsc: null },
  { is: 'no-source', agent: 'away', pcsc: 'away' },
  { is: 'no-source', agent: 'away', pcsc: 'no-reader' },
  { is: 'no-source', agent: null, pcsc: 'away' },
  { is: 'no-source', agent: null, pcsc: 'missing' },
  { is: 'ready' },
  { is: 'reading' },
  { is: 'cannot-read', because: null },
  { is: 'cannot-read', because: 'mute' },
  { is: 'cannot-read', because: 'other-card' },
  { is: 'cannot-read', because: 'reader-busy' },
  { is: 'stopped' },
  { is: 'read', pid: PID, kind: 'full', again: false, by: 'agent' },
  { is: 'read', pid: PID, kind: 'full', again: true, by: 'agent' },
  { is: 'read', pid: PID, kind: 'card-only', again: false, by: 'agent' },
  { is: 'read', pid: PID, kind: 'card-only', again: false, by: 'pcsc' },
  { is: 'read', pid: PID, kind: 'card-only', again: false, by: 'pcsc-only' },
  { is: 'refused', pid: PID, message: 'ไม่พบสิทธิ' },
  { is: 'same-card', pid: PID },
  { is: 'cannot-keep', reason: 'ENOSPC' },
];
const WHYS: Why[] = ['first', 'agent-away', 'agent-no-reader', 'agent-sees-no-card', 'agent-cannot-read'];
const CLOCKS = [null, 900, -61_000, 61_000, 3_600_000];
const LINK: LinkStatus[] = [
  UP,
  { ...UP, is: 'away', waiting: 3 },
  { ...UP, is: 'key-refused', waiting: 1 },
  { ...UP, is: 'clocks-differ', waiting: 1 },
  { ...UP, rejected: 2, rejectedBecause: 'pid: expected 13 digits' },
];

const shown = (more: Partial<Shown> = {}): Shown => ({
  ...{ counter: { is: 'ready' }, why: 'first', link: UP, clockAheadMs: null },
  ...more,
});
const line = (more: Partial<Shown> = {}): string => statusLine(shown(more));

describe('the status line', () => {
  it('says every state in Thai and in English, on one line, each differently, without a whole citizen id', () => {
    const lines = [
      ...COUNTER.flatMap((counter) => LINK.map((link) => line({ counter, link }))),
      ...WHYS.slice(1).map((why) => line({ why })),
      ...CLOCKS.slice(2).map((clockAheadMs) => line({ clockAheadMs })),
    ];
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
    expect(line({ counter: { is: 'read', pid: PID, kind: 'full', again: false, by: 'agent' } })).toContain(
      '9-xxxx-xxxxx-',
    );
    expect(line({ link: { ...UP, is: 'away', waiting: 3 } })).toContain('bridge away, 3 kept');
    expect(line({ link: { ...UP, is: 'key-refused', waiting: 1 } })).toContain('key refused');
    expect(line({ link: { ...UP, rejected: 1, rejectedBecause: 'no such station' } })).toContain(
      'no such station',
    );
  });

  it('says by how much the clock is wrong, and which way, from a minute on', () => {
    expect(line({ clockAheadMs: 60_000 })).toBe(line());
    expect(line({ clockAheadMs: 300_000 })).toContain("clock is about 5 min behind the bridge's");
    expect(line({ clockAheadMs: -90_000 })).toContain("clock is about 2 min ahead of the bridge's");
    expect(line({ clockAheadMs: -90_000 })).toContain('เร็วกว่า');
  });

  it('tells each trouble once', () => {
    const both = line({ counter: { is: 'no-source', agent: 'no-reader', pcsc: 'no-reader' } });
    expect(both.match(/no card reader found/g)).toHaveLength(1);
  });
});

describe('what a person must do', () => {
  it.each<[string, Partial<Shown>, RegExp | null]>([
    ['ready', {}, null],
    ['read', { counter: { is: 'read', pid: PID, kind: 'full', again: false, by: 'agent' } }, null],
    ['NHSO away', { counter: { is: 'read', pid: PID, kind: 'card-only', again: false, by: 'agent' } }, null],
    ['PC/SC by choice', { why: 'only' }, null],
    ['agent away', { why: 'agent-away' }, /Agent again/],
    ['nothing there', { counter: { is: 'no-source', agent: 'away', pcsc: 'away' } }, /Start the NHSO/],
    ['no reader', { counter: { is: 'no-source', agent: 'no-reader', pcsc: null } }, /Plug the card reader/],
    ['no pcscd', { counter: { is: 'no-source', agent: null, pcsc: 'away' } }, /systemctl start pcscd/],
    ['no pcsc-mini', { counter: { is: 'no-source', agent: null, pcsc: 'missing' } }, /Install pcsc-mini/],
    ['mute', { counter: { is: 'cannot-read', because: 'mute' } }, /Turn the card over/],
    ['held', { counter: { is: 'cannot-read', because: 'reader-busy' } }, /other program/],
    ['disk', { counter: { is: 'cannot-keep', reason: 'ENOSPC' } }, /Make room/],
    ['bridge away', { link: { ...UP, is: 'away' } }, /network/],
    ['key', { link: { ...UP, is: 'key-refused' } }, /new key/],
    ['clock', { clockAheadMs: -70_000 }, /NTP/],
    ['rejected', { link: { ...UP, rejected: 1 } }, /folder "rejected"/],
  ])('%s', (_, more, expected) => {
    const steps = advice(shown(more)).map(({ en }) => en);
    if (expected === null) expect(steps).toEqual([]);
    else expect(steps).toEqual([expect.stringMatching(expected)]);
  });

  it('is said once, in both languages, whatever comes together', () => {
    for (const counter of COUNTER) {
      for (const link of LINK) {
        const steps = advice(shown({ counter, link, clockAheadMs: 70_000 }));
        expect(new Set(steps.map(({ en }) => en)).size).toBe(steps.length);
        for (const { th, en } of steps)
          expect([th, en]).toEqual([expect.stringMatching(/[ก-๙]/), expect.stringMatching(/\.$/)]);
      }
    }
  });
});

describe('the bridge', () => {
  it('is away for who greets it in vain while nothing waits; what the courier knows goes before', () => {
    expect(linkNow(UP, false).is).toBe('away');
    expect(linkNow(UP, null).is).toBe('up');
    expect(linkNow({ ...UP, waiting: 1 }, false).is).toBe('up');
    expect(linkNow({ ...UP, is: 'key-refused' }, false).is).toBe('key-refused');
  });
});
