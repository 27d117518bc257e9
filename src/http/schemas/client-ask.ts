/** What clients of the agent API have asked for, as the API shows it. The citizen id is masked unless the whole one was asked for. */

import { z } from 'zod';
import { OPEN_STATES } from '../../domain/door-ask.ts';
import { bangkokTime } from './basic.ts';
import { candidateSchema, reasonTextSchema } from './case.ts';

export const clientAskSchema = z
  .strictObject({
    id: z.string().meta({ description: 'Names the ask; a new one when it is asked for anew.' }),
    hcode: z.string(),
    serviceDate: z.iso.date(),
    claimType: z.string(),
    pid: z.string().nullable().meta({
      description:
        'Masked, such as 1-xxxx-xxxxx-01-4, unless the whole one was asked for; null while masked: not a valid one.',
    }),
    stationId: z.string(),
    actor: z.string().meta({ description: 'The key of the client.' }),
    state: z.enum(OPEN_STATES).meta({ id: 'ClientAskState' }),
    stateText: reasonTextSchema,
    needsPerson: z.boolean().meta({ description: 'Look-ups alone cannot settle it.' }),
    claimCode: z
      .string()
      .nullable()
      .meta({ description: 'What the client has, or gets when it asks again.' }),
    issuedAt: bangkokTime.nullable(),
    askedAt: bangkokTime,
    lookAt: bangkokTime.nullable().meta({ description: 'When NHSO is looked at next; null: no more.' }),
    candidates: z.array(candidateSchema).meta({
      description:
        'Codes that NHSO shows besides, that visits of that day hold, or that cannot be told apart.',
    }),
    updatedAt: bangkokTime,
  })
  .meta({ id: 'ClientAsk' });

export const clientAskPageSchema = z
  .strictObject({
    items: z.array(clientAskSchema),
    next: z.string().nullable().meta({ description: 'Address of the next page; null on the last.' }),
  })
  .meta({ id: 'ClientAskPage' });

export type ClientAskJson = z.infer<typeof clientAskSchema>;
