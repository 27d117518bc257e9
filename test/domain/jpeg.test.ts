/** A whole JPEG, and whatever looks like one. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isWholeJpeg } from '../../src/domain/jpeg.ts';
import { jpegOf, SMALL_JPEG } from '../support/jpeg.ts';

/** One grey pixel in arithmetic coding (SOF9, DAC), as the agent's simulator shows it. */
const ARITHMETIC = Buffer.from(
  '/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAAMCAgICAgMCAgIDAwMDBAYEBAQEBAgGBgUGCQgKCgkICQkKDA8MCgsOCwkJDRENDg8QEBEQCgwSExIQEw8QEBD/yQALCAABAAEBAREA/8wABgAQEAX/2gAIAQEAAD8A0s8g/9k=',
  'base64',
);

const segment = (code: number, payload: readonly number[]): number[] => [
  ...[0xff, code, (payload.length + 2) >> 8, (payload.length + 2) & 0xff],
  ...payload,
];
const START = [0xff, 0xd8];
const FRAME = segment(0xc0, [8, 0, 1, 0, 1, 1, 1, 0x11, 0]);
const SCAN = [...segment(0xda, [1, 1, 0, 0, 0x3f, 0]), 0x54, 0xff, 0x00, 0xff, 0xd0, 0x12];
const END = [0xff, 0xd9];
const is = (...parts: number[][]): boolean => isWholeJpeg(Uint8Array.from(parts.flat()));

describe('isWholeJpeg', () => {
  it.each([
    ['a baseline one', SMALL_JPEG],
    ['one in arithmetic coding', ARITHMETIC],
    ['one of a megabyte', jpegOf(1024 * 1024)],
    ['several scans, with restarts and stuffed bytes', Buffer.from([START, FRAME, SCAN, SCAN, END].flat())],
    ['fill bytes before a marker', Buffer.from([START, [0xff, 0xff], FRAME, SCAN, [0xff], END].flat())],
    [
      'one that bears its end within a segment',
      Buffer.from([START, segment(0xe1, END), FRAME, SCAN, END].flat()),
    ],
  ])('%s', (_, bytes) => expect(isWholeJpeg(bytes)).toBe(true));

  it.each<[string, number[][]]>([
    ['nothing', []],
    ['a beginning and an end alone', [START, END]],
    ['no frame', [START, SCAN, END]],
    ['no scan', [START, FRAME, END]],
    ['a frame without a width', [START, segment(0xc0, [8, 0, 1, 0, 0, 1, 1, 0x11, 0]), SCAN, END]],
    ['a frame that is too short', [START, segment(0xc0, [8, 0, 1]), SCAN, END]],
    ['no end', [START, FRAME, SCAN]],
    ['a segment that reaches beyond the end', [START, FRAME, SCAN, [0xff, 0xe0, 0xff, 0xff]]],
    ['a length below its own two bytes', [START, [0xff, 0xe0, 0, 1], FRAME, SCAN, END]],
    ['two pictures', [START, FRAME, SCAN, END, START, FRAME, SCAN, END]],
    ['bytes between segments', [START, [0x20], FRAME, SCAN, END]],
    ['a PNG', [[0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]]],
  ])('not %s', (_, parts) => expect(is(...parts)).toBe(false));

  it('is never cut short nor followed by anything', () => {
    const whole = fc
      .tuple(
        fc.array(fc.tuple(fc.integer({ min: 0xe0, max: 0xef }), fc.array(fc.nat(255), { maxLength: 12 }))),
        fc.array(fc.constantFrom(0x00, 0x54, 0xd9, 0xff)),
      )
      .map(([segments, scan]) => {
        const stuffed = scan.flatMap((byte) => (byte === 0xff ? [0xff, 0x00] : [byte]));
        const before = segments.flatMap(([code, payload]) => segment(code, payload));
        return Uint8Array.from([START, before, FRAME, SCAN, stuffed, END].flat());
      });
    fc.assert(
      fc.property(whole, fc.nat(), fc.array(fc.nat(255), { minLength: 1 }), (bytes, cut, more) => {
        expect(isWholeJpeg(bytes)).toBe(true);
        expect(isWholeJpeg(bytes.subarray(0, cut % bytes.length))).toBe(false);
        expect(isWholeJpeg(Uint8Array.from([...bytes, ...more]))).toBe(false);
      }),
    );
  });

  it('comes to an end on any bytes', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 64 }),
      fc
        .array(fc.constantFrom(0xff, 0xd8, 0xd9, 0xda, 0xc0, 0x00, 0x02))
        .map((a) => Uint8Array.from([...START, ...a])),
    );
    const endsAsOne = (some: Uint8Array): boolean => some.at(-2) === 0xff && some.at(-1) === 0xd9;
    fc.assert(fc.property(bytes, (some) => !isWholeJpeg(some) || endsAsOne(some)));
  });
});
