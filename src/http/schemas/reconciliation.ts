/** Runs of the night's reconciliation as the API (and `npm run reconcile -- … --json`) shows them. No citizen id at all. */

import { z } from 'zod';
import { CASE_STATES } from '../../domain/case.ts';
import { OUTCOMES } from '../../domain/reconcile.ts';
import { bangkokTime } from './basic.ts';
import { candidateSchema, reasonTextSchema, wordingSchema } from './case.ts';

export const outcomeSchema = z
  .enum(OUTCOMES, `expected one of ${OUTCOMES.join(', ')}`)
  .meta({ id: 'Outcome' });

const base = z.strictObject({
  id: z.string(),
  hcode: z.string(),
  serviceDate: z.iso.date(),
  dryRun: z.boolean().meta({ description: 'true: nothing was written into the HIS.' }),
  startedBy: z.string().meta({ description: '"bridge" for the scheduled one, "cli:<user>" for a person’s.' }),
  startedAt: bangkokTime,
  finishedAt: bangkokTime.nullable(),
  state: z.enum(['running', 'finished', 'failed', 'undone']).meta({
    description: 'failed: ended without having said something of every visit; --resume goes on with it.',
  }),
  trouble: z.string().nullable().meta({ description: 'What went wrong.' }),
  counts: z
    .record(outcomeSchema, z.int())
    .meta({ description: 'Visits in each outcome; every visit stands in exactly one.' }),
  sum: z.int().meta({ description: 'Of the counts.' }),
  hisCount: z
    .int()
    .nullable()
    .meta({ description: 'Visits that the HIS itself counted on that day when the run ended; null before.' }),
  agrees: z.boolean().nullable().meta({
    description:
      'Whether the two agree; null while that is not known. Rows whose date cannot be read stand in the sum and on no day of the HIS.',
  }),
  calls: z.int().meta({ description: 'Calls made to NHSO.' }),
});

export const reconciliationSchema = base.meta({ id: 'Reconciliation' });

export const reconciliationListSchema = z
  .strictObject({
    items: z.array(reconciliationSchema),
    next: z.string().nullable().meta({ description: 'Address of the next page; null on the last.' }),
  })
  .meta({ id: 'ReconciliationPage' });

export const reconciliationItemSchema = z
  .strictObject({
    vn: z.string(),
    hn: z.string().nullable(),
    outcome: outcomeSchema,
    outcomeText: reasonTextSchema,
    state: z.enum(CASE_STATES).meta({ description: 'Of the case, after the run had looked at it.' }),
    stateText: wordingSchema,
    claimCode: z.string().nullable().meta({
      description: 'The code that the HIS holds or got (in a dry run: would have got).',
    }),
    claimType: z.string().nullable(),
    source: z.string().nullable().meta({ description: 'Where the code was found.' }),
    detail: z.string().nullable(),
    candidates: z.array(candidateSchema),
    written: z
      .strictObject({ row: z.record(z.string(), z.string()), previous: z.string().nullable() })
      .nullable()
      .meta({ description: 'The row that this run changed in the HIS, and what stood there; null: none.' }),
    undoneAt: bangkokTime.nullable(),
    decidedAt: bangkokTime,
  })
  .meta({ id: 'ReconciliationItem' });

export const reconciliationDetailSchema = base
  .extend({
    items: z.array(reconciliationItemSchema).meta({ description: 'By visit number.' }),
    next: z.string().nullable().meta({ description: 'Address of the next page; null on the last.' }),
  })
  .meta({ id: 'ReconciliationDetail' });

export type ReconciliationJson = z.infer<typeof reconciliationSchema>;
export type ReconciliationItemJson = z.infer<typeof reconciliationItemSchema>;
