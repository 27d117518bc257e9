/** HospitalOS; see docs/his-hospitalos.md. */

import { z } from 'zod';
import { atLeast } from '../length-limits.ts';
import { address, limits, looks } from './shared.ts';

export const hospitalos = z.strictObject({
  kind: z.literal('hospitalos'),
  url: address('postgres|postgresql', 'postgres://user:password@host:5432/hospitalos'),
  ...looks,
  /** `f_visit_status_id` values with which a visit is cancelled; HospitalOS's own is "4". A removed row is always one. */
  cancelledStatuses: z.array(z.string()).default(['4']),
  /** `b_employee_id` of a user for the bridge, put into `user_record_id` and `user_delete_id`. */
  employeeId: z.string().check(atLeast(1, 'expected a b_employee_id')).optional(),
  /** Put into `authen_from`. */
  authenFrom: z.string().check(atLeast(1, 'expected a text')).optional(),
  ...limits,
});
