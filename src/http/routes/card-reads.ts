/** Where card reads come in, and where the photo of one is shown. */

import { z } from 'zod';
import { bangkokIso } from '../../domain/bangkok.ts';
import { BridgeError } from '../../domain/bridge-error.ts';
import type { CardRead } from '../../domain/card-read.ts';
import { CERTIFIES_FOR_MS } from '../../domain/certifier.ts';
import { maskCitizenId } from '../../domain/citizen-id.ts';
import { type Caller, callerOf, mayUseSite } from '../caller.ts';
import { refuse } from '../gate.ts';
import type { HttpParts, HttpSite } from '../parts.ts';
import { InvalidRequest } from '../problem.ts';
import { NOTHING, type Route, route } from '../route.ts';
import { hcodeSchema, stationIdSchema } from '../schemas/basic.ts';
import {
  CARD_READ_LIMIT,
  cardReadReceiptSchema,
  cardReadSchema,
  checkReadTime,
  recentCardsSchema,
} from '../schemas/card-read.ts';

const recentQuery = z.strictObject({
  hcode: hcodeSchema.optional().meta({ description: 'May be left out when the key is bound to a site.' }),
  stationId: stationIdSchema
    .optional()
    .meta({ description: 'May be left out when the key is bound to a station.' }),
});

const photoParams = z.strictObject({
  id: z
    .guid({ error: 'expected the UUID of a card read' })
    .toLowerCase()
    .meta({ description: 'Of the card read.' }),
});

export function cardReadRoutes({
  api,
  clock,
  ledger,
  sites,
}: Pick<HttpParts, 'api' | 'clock' | 'ledger' | 'sites'>): Route[] {
  return [
    route({
      operationId: 'sendCardRead',
      method: 'post',
      path: '/api/card-reads',
      access: { scope: 'card-reads:write', narrowest: 'station' },
      tag: 'Card reads',
      summary: 'Send a card read',
      description:
        'One read of a card at a counter, or what stands in for it: a person who certifies with their own card, or a ' +
        'photo. Sending the same read (by `id`) again changes nothing, so a reader that got no answer simply sends it ' +
        "again. 425: it lies in the future, since a clock is wrong, or the read of the certifier's card is not here " +
        'yet; keep it and send it again later.',
      params: NOTHING,
      query: NOTHING,
      body: cardReadSchema,
      bodyLimit: CARD_READ_LIMIT,
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
    route({
      operationId: 'listRecentCards',
      method: 'get',
      path: '/api/card-reads/recent',
      access: { scope: 'card-reads:write', narrowest: 'station' },
      tag: 'Card reads',
      summary: 'The cards that were read at a counter a moment ago',
      description: 'Each may certify, until the time given, that a patient without a card is there.',
      params: NOTHING,
      query: recentQuery,
      body: NOTHING,
      answers: { 200: { description: 'Newest first, 20 at most.', schema: recentCardsSchema } },
      async handle({ query, req, res }) {
        const { hcode, stationId } = placeOf(query, callerOf(req), sites);
        const reads = await ledger.cardsReadAt(hcode, stationId, clock.now() - CERTIFIES_FOR_MS);
        res.json({ items: reads.map(recentCardJson) });
      },
    }),
    route({
      operationId: 'showPhoto',
      method: 'get',
      path: '/api/card-reads/{id}/photo',
      access: { scope: 'pid:read', narrowest: 'site' },
      tag: 'Card reads',
      summary: 'The photo of a photo read',
      description: 'Face and card, with all that stands on it. Each time is audited.',
      params: photoParams,
      query: NOTHING,
      body: NOTHING,
      answers: { 200: { description: 'The photo.', schema: JPEG, mediaType: 'image/jpeg' } },
      async handle({ params: { id }, req, res }) {
        const caller = callerOf(req);
        const read = await ledger.cardRead(id);
        const isTheirs = read?.kind === 'photo' && mayUseSite(caller, read.hcode);
        // one whose days are over is deleted a moment later, or when the queue is back: it is shown to nobody meanwhile
        const keptUntil = isTheirs ? await ledger.photos.keptUntil(id) : null;
        const isKept = keptUntil !== null && keptUntil > clock.now();
        const jpeg = isKept ? await ledger.photos.get(id) : null;
        if (jpeg === null) throw noPhoto(isTheirs);
        // first the audit, then the picture: nobody sees what is not written down
        await ledger.audit({
          at: clock.now(),
          actor: caller.name,
          action: 'photo-shown',
          resource: `CardRead/${id}`,
        });
        res.type('image/jpeg').send(Buffer.from(jpeg));
      },
    }),
  ];
}

function recentCardJson({ id, readAt, kind, pid, person }: CardRead) {
  const { titleName, fname, lname } = person;
  return {
    ...{ id, kind, readAt: bangkokIso(readAt), certifiesUntil: bangkokIso(readAt + CERTIFIES_FOR_MS) },
    ...{ pid: maskCitizenId(pid), titleName, fname, lname },
  };
}

const JPEG = z.string().meta({ format: 'binary' });

function noPhoto(wasThere: boolean): BridgeError {
  const why = wasThere ? 'The photo was deleted when its days were over.' : 'There is no such photo.';
  return new BridgeError('not-found', why, { retry: 'no' });
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
