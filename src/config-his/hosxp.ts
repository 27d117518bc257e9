/** HOSxP; see docs/his-hosxp.md. */

import { z } from 'zod';
import { address, limits, looks } from './shared.ts';

export const hosxp = z.strictObject({
  kind: z.literal('hosxp'),
  url: address(
    'mysql|mariadb|postgres|postgresql',
    'mysql://user:password@host:3306/hos or postgres://user:password@host:5432/hos',
  ),
  ...looks,
  /** The column of `visit_pttype` that takes the code. */
  writeBack: z.enum(['auth_code', 'claim_code']).default('auth_code'),
  /** Also set `Auth_DateTime` beside the code, where the table has it. */
  writeAuthDateTime: z.boolean().default(true),
  /** `ovst.ovstost` values with which this hospital marks a cancelled visit; a removed row is always one. */
  cancelledStatuses: z.array(z.string()).default([]),
  ...limits,
});
