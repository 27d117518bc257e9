/** The `his` section of a site: which HIS it is, and what each kind must be told. */

import { z } from 'zod';
import { csv } from './config-his/csv.ts';
import { hospitalos } from './config-his/hospitalos.ts';
import { hosxp } from './config-his/hosxp.ts';
import { jhcis } from './config-his/jhcis.ts';
import { query } from './config-his/query.ts';

export const his = z.discriminatedUnion('kind', [hosxp, jhcis, hospitalos, csv, query]);
