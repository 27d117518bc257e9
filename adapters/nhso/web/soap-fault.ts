/** What the `soap` package throws, as the port's errors. Nothing of it is passed on: it holds request and answer. */

import { z } from 'zod';
import { BridgeError } from '../../../src/domain/bridge-error.ts';
import { shownWords } from '../body.ts';
import type { NhsoCall } from '../calls.ts';
import { badAnswer } from '../faults.ts';
import { anyText } from '../fields.ts';

/** Text, or text with attributes. */
const words = z.union([z.object({ $value: anyText }).transform((v) => v.$value), anyText]);

/** SOAP 1.1, and 1.2 with other names for the same. */
const faultSchema = z.object({
  root: z.object({
    Envelope: z.object({
      Body: z.object({
        Fault: z.object({
          faultcode: words,
          faultstring: words,
          Code: z.object({ Value: words }).nullish().catch(null),
          Reason: z.object({ Text: words }).nullish().catch(null),
        }),
      }),
    }),
  }),
});

/** A fault that blames the caller will come again, any other may pass. */
const CALLER = /(^|:)(Client|Sender)\b/;

/** `secrets`: what the request held. */
export function soapFault(call: NhsoCall, thrown: unknown, secrets: readonly string[]): BridgeError {
  const read = faultSchema.safeParse(thrown);
  if (!read.success) return badAnswer(call, 'expected the XML that its description promises');
  const { faultcode, faultstring, Code, Reason } = read.data.root.Envelope.Body.Fault;
  const said = shownWords(faultstring ?? Reason?.Text ?? '', secrets);
  const detail = { call: call.name, nhsoMessage: said };
  const why = said === null ? '' : `: ${said}`;
  return CALLER.test(faultcode ?? Code?.Value ?? '')
    ? new BridgeError('nhso-refused', `NHSO refused ${call.name} with a fault${why}`, { retry: 'no', detail })
    : new BridgeError('nhso-unavailable', `${call.name} failed at NHSO with a fault${why}`, {
        retry: 'yes',
        detail,
      });
}
