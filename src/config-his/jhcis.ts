/** JHCIS; see docs/his-jhcis.md. */

import { z } from 'zod';
import { address, limits, looks } from './shared.ts';

export const jhcis = z.strictObject({
  kind: z.literal('jhcis'),
  url: address('mysql|mariadb', 'mysql://user:password@host:3333/jhcisdb (port 3306 or 3333)'),
  ...looks,
  /** Also write the claim type into `hiciauthen_nhso`, where nothing stands. */
  writeClaimType: z.boolean().default(true),
  /** Also set `datetime_claim` beside the code, where no time stands. */
  writeClaimDateTime: z.boolean().default(true),
  /** `visit.flagservice` values with which this unit marks a cancelled visit; a removed row is always one. */
  cancelledFlags: z.array(z.string()).default([]),
  ...limits,
});
