/** What a person may decide on a case: the body of `resolve` and `retry`. */

import { z } from 'zod';
import { isPlausibleCode } from '../../domain/authen-code.ts';
import { maskCitizenIds, parseCitizenId } from '../../domain/citizen-id.ts';
import { parseMobile } from '../../domain/phone.ts';
import { claimTypeSchema, text } from './basic.ts';

/** History keeps this text, and a citizen id has no place there. */
function remark(max: number, expected: string) {
  return text(max)
    .regex(/\S/, expected)
    .transform((t) => maskCitizenIds(t.trim()));
}

const by = remark(80, 'expected a name')
  .optional()
  .meta({ description: 'Name of the person who decides, for the history; the key is noted anyway.' });

const givePhone = z.strictObject({
  action: z.literal('give-phone'),
  mobile: z
    .string({ error: 'expected a mobile number' })
    .transform((value, ctx): string => {
      const mobile = parseMobile(value);
      if (mobile !== null) return mobile;
      ctx.addIssue({ code: 'custom', message: 'expected a Thai mobile number of 10 digits (06, 08 or 09)' });
      return z.NEVER;
    })
    .meta({ description: "The patient's (or guardian's) own mobile.", examples: ['0812345678'] }),
  by,
});

const chooseClaimType = z.strictObject({
  action: z.literal('choose-claim-type'),
  claimType: claimTypeSchema,
  by,
});

const adoptCode = z.strictObject({
  action: z.literal('adopt-code'),
  claimCode: text(20)
    .refine(
      (code) => isPlausibleCode(code) && parseCitizenId(code) === null,
      'expected an authen code of 1–20 letters, digits or dashes, such as PP1234567890',
    )
    .meta({ description: 'A code that the person sees at NHSO; it is looked up there before it is taken.' }),
  by,
});

const close = z.strictObject({
  action: z.literal('close'),
  reason: remark(500, 'expected a reason').meta({ description: 'Why there will be no code.' }),
  by,
});

export const resolutionSchema = z
  .discriminatedUnion('action', [givePhone, chooseClaimType, adoptCode, close], {
    error: 'expected "give-phone", "choose-claim-type", "adopt-code" or "close"',
  })
  .meta({ id: 'Resolution' });

export const retrySchema = z.strictObject({ by }).meta({ id: 'Retry' });
