/**
 * Limits of length that measure texts and lists only. zod's own `.min()` and `.max()` measure whatever has a `length`, also
 * after it was refused as no text: `{"length":{"toString":null}}` in somebody's message makes them throw.
 */

import { z } from 'zod';

interface Message {
  error?: () => string;
}

/** Code points of a text, elements of a list. `expected` is the fault's message; zod has words of its own. */
export function atMost(maximum: number, expected?: string): z.core.$ZodCheckMaxLength {
  return new z.core.$ZodCheckMaxLength({
    check: 'max_length',
    maximum,
    when: isMeasurable,
    ...said(expected),
  });
}

/** As {@link atMost}. */
export function atLeast(minimum: number, expected?: string): z.core.$ZodCheckMinLength {
  return new z.core.$ZodCheckMinLength({
    check: 'min_length',
    minimum,
    when: isMeasurable,
    ...said(expected),
  });
}

function isMeasurable({ value }: z.core.ParsePayload): boolean {
  return typeof value === 'string' || Array.isArray(value);
}

function said(expected: string | undefined): Message {
  return expected === undefined ? {} : { error: () => expected };
}
