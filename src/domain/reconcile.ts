/** The night's reconciliation: what is said of each visit of a day, in exactly one word. */

export const OUTCOMES = [
  'had-one', // the HIS held the visit's code already
  'found', // a code that fits was found and written back (in a dry run: would be)
  'ambiguous', // codes were found, but which is the visit's a person must say
  'missing', // nothing was found; asked again at the next run until the day is too old
  'other-hospital', // the only code of the person and day is another hospital's
  'disagree', // HIS and NHSO hold different codes for the visit
  'not-required', // the visit needs no code, or stands no more
] as const;
export type Outcome = (typeof OUTCOMES)[number];
