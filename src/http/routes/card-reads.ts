/** Where card reads come in. */

import type { Caller } from '../caller.ts';
import { callerOf } from '../caller.ts';
import { refuse } from '../gate.ts';
import type { HttpParts, HttpSite } from '../parts.ts';
import { InvalidRequest } from '../problem.ts';
import { NOTHING, type Route, route } from '../route.ts';
import { cardReadReceiptSchema, cardReadSchema, checkReadTime } from '../schemas/card-read.ts';

export function cardReadRoutes({ api, clock, sites }: Pick<HttpParts, 'api' | 'clock' | 'sites'>): Route[] {
  return [
    route({
      operationId: 'sendCardRead',
      method: 'post',
      path: '/api/card-reads',
      access: { scope: 'card-reads:write', narrowest: 'station' },
      tag: 'Card reads',
      summary: 'Send a card read',
      description:
        'One read of a card at a counter. Sending the same read (by `id`) again changes nothing, so a reader ' +
        'that got no answer simply sends it again. 425: it lies in the future, since a clock is wrong; keep it and ' +
        'send it again later.',
      params: NOTHING,
      query: NOTHING,
      body: cardReadSchema,
      answers: {
        200: { description: 'The read was already here.', schema: cardReadReceiptSchema },
        201: { description: 'The read is stored.', schema: cardReadReceiptSchema },
      },
      problems: [425],
      async handle({ body, req, res }) {
        checkReadTime(body.readAt, clock.now());
        const place = placeOf(body, callerOf(req), sites);
        const receipt = await api.acceptCardRead({ ...body, ...place });
        res.status(receipt.duplicate ? 200 : 201).json(receipt);
      },
    }),
  ];
}

interface Place {
  hcode: string;
  stationId: string;
}

/**
 * From the message or the key, which must not disagree; and the site must have such a station. What is wrong here is
 * the set-up, not the read: 403 lets a reader keep the read until somebody has put the set-up right.
 */
function placeOf(
  body: { hcode?: string | undefined; stationId?: string | undefined },
  caller: Caller,
  sites: readonly HttpSite[],
): Place {
  if (caller.hcode !== null && body.hcode !== undefined && body.hcode !== caller.hcode) {
    notFrom('hcode', `expected ${caller.hcode}, to which the key is bound`);
  }
  if (caller.stationId !== null && body.stationId !== undefined && body.stationId !== caller.stationId) {
    notFrom('stationId', `expected ${caller.stationId}, to which the key is bound`);
  }
  const hcode = caller.hcode ?? body.hcode;
  const stationId = caller.stationId ?? body.stationId;
  if (hcode === undefined) wrong('hcode', 'expected the hospital code, since the key is bound to no site');
  if (stationId === undefined) wrong('stationId', 'expected the station, since the key is bound to none');
  const site = sites.find((s) => s.hcode === hcode);
  if (site === undefined) notFrom('hcode', 'expected the code of a configured site');
  if (!site.stations.some((s) => s.id === stationId)) {
    notFrom('stationId', `expected a configured station of site ${site.hcode}`);
  }
  return { hcode, stationId };
}

function wrong(field: string, expected: string): never {
  throw new InvalidRequest([{ field, expected }]);
}

function notFrom(field: string, expected: string): never {
  refuse(
    `${field}: ${expected}.`,
    "Put the reader's set-up (station, key) or the bridge's right, then send it again.",
    [{ field, expected }],
  );
}
