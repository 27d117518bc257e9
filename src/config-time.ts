/** A time of day in the configuration. */

import { z } from 'zod';

/** `HH:MM`, Asia/Bangkok. */
export const timeOfDay = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'expected a time of day such as "07:00"');
