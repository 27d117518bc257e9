import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Bell } from '../../../../adapters/his/sql/capture/bell.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('the bell rings at once, at most twenty times a second, and twice more after the last', async () => {
  const rings: number[] = [];
  const begunAt = performance.now();
  const bell = new Bell(() => rings.push(Math.round(performance.now() - begunAt)));
  bell.heard();
  expect(rings).toEqual([0]);
  bell.heard();
  bell.heard();
  await vi.advanceTimersByTimeAsync(49);
  expect(rings).toEqual([0]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(rings).toEqual([0, 50, 110, 300]);
  bell.heard();
  bell.stop();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(rings).toEqual([0, 50, 110, 300, 1_049]);
});
