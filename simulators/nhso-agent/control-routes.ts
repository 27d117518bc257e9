/** The control calls over HTTP, for programs that are not in this process. `GET /__control` lists them. */

import express, { Router } from 'express';
import { z } from 'zod';
import { OUTCOMES } from '../common/journal.ts';
import { breakage, count, defined, delayMs, parse, pid, seconds, status } from '../common/orders.ts';
import { sendJson } from '../common/said.ts';
import { AGENT_CALLS } from './calls.ts';
import type { AgentControl } from './control.ts';
import { RIGHTS } from './people.ts';

export const CONTROL_HELP: Readonly<Record<string, string>> = {
  'GET /__control': 'this list',
  'GET /__control/state': 'NHSO up or down, reader, card, limit, clock offset',
  'POST /__control/nhso':
    '{"state":"up"} or {"state":"down","how":"500|timeout|html|reset|drop|empty|cut-json|cut-body|wrong-type","delayMs":0}',
  'POST /__control/delay': '{"ms":300} for all calls, {"ms":2000,"call":"confirm-save"} for one',
  'POST /__control/lose-answer':
    '{"next":1,"call":"confirm-save","how":"drop"}: the work is done, the answer is lost; with "late":{"breaksAfterMs":0,"worksAfterMs":2000} the code is issued only later',
  'POST /__control/fail-next':
    '{"next":2,"call":"read","status":500,"message":""}; any call when none is named',
  'POST /__control/limit': '{"perDay":1}; null = no limit',
  'POST /__control/restart': '{"seconds":30}: nobody listens for so long',
  'POST /__control/card': '{"pid":"…"} puts a card in; DELETE takes it out',
  'POST /__control/reader': '{"plugged":false}',
  'POST /__control/codes':
    '{"pid":"…","hcode":"…","claimType":"…","kind":"PP|EP","channel":"line|kiosk|new-authen|erm","issuedAt":"2026-11-20T08:00:00+07:00","claimCode":"…"}; only pid is needed',
  'POST /__control/clock': '{"offsetMs":120000}',
  'POST /__control/people':
    '[{"pid":"…","fname":"…","right":"UCS|SSS|OFC|LGO|none","claimTypes":["PG0060001"], …}]; only pid is needed',
  'GET /__control/requests': 'journal of requests; ?afterSeq=, ?call=, ?outcome=',
  'GET /__control/codes': 'every code that was issued',
  'GET /__control/confirms': 'per person, date and claim type: asked, issued, refused',
  'POST /__control/reset': 'forget everything; NHSO up, reader plugged and empty, no faults',
};

const call = z.enum(AGENT_CALLS);

const person = z.strictObject({
  pid,
  titleName: z.string(),
  fname: z.string(),
  lname: z.string(),
  birthDate: z.string().regex(/^\d{4}(-\d{2}(-\d{2})?)?$/, 'expected YYYY, YYYY-MM or YYYY-MM-DD'),
  sex: z.enum(['ชาย', 'หญิง']),
  nation: z.string(),
  right: z.enum([...(Object.keys(RIGHTS) as (keyof typeof RIGHTS)[]), 'none']),
  claimTypes: z.array(z.string()),
  printedSpelling: z.boolean(),
  known: z.boolean(),
});

/** A code that is made by hand; for NHSO's web services too. */
export const codeBody = z.strictObject({
  pid,
  hcode: z.string().optional(),
  claimType: z.string().optional(),
  kind: z.enum(['PP', 'EP']).optional(),
  channel: z.enum(['agent', 'line', 'kiosk', 'new-authen', 'erm']).optional(),
  issuedAt: z.iso
    .datetime({ offset: true })
    .transform((text) => Date.parse(text))
    .optional(),
  claimCode: z.string().max(40).optional(),
  mobile: z.string().optional(),
});

export const peopleBody = z.array(person.partial().required({ pid: true }));

const bodies = {
  nhso: z.discriminatedUnion('state', [
    z.strictObject({ state: z.literal('up') }),
    z.strictObject({
      state: z.literal('down'),
      how: breakage.optional(),
      delayMs: delayMs.optional(),
    }),
  ]),
  delay: z.strictObject({ ms: delayMs, call: call.optional() }),
  loseAnswer: z.strictObject({
    next: count.optional(),
    call: call.optional(),
    how: breakage.optional(),
    late: z.strictObject({ breaksAfterMs: delayMs, worksAfterMs: delayMs }).optional(),
  }),
  failNext: z.strictObject({
    next: count.optional(),
    call: call.optional(),
    status: status.optional(),
    message: z.string().optional(),
  }),
  limit: z.strictObject({ perDay: z.number().int().min(1).nullable() }),
  restart: z.strictObject({ seconds }),
  card: z.strictObject({ pid }),
  reader: z.strictObject({ plugged: z.boolean() }),
  clock: z.strictObject({ offsetMs: z.number() }),
};

export function controlRoutes(control: AgentControl): Router {
  const router = Router();
  const order = <T>(path: string, schema: z.ZodType<T>, run: (order: T) => unknown): void => {
    router.post(path, (req, res) => {
      const result = run(parse(schema, req));
      sendJson(res, 200, result ?? control.state());
    });
  };
  router.use(express.json({ limit: '5mb', type: () => true }));
  router.get('/', (_req, res) => sendJson(res, 200, CONTROL_HELP));
  router.get('/state', (_req, res) => sendJson(res, 200, control.state()));
  order('/nhso', bodies.nhso, (o) =>
    o.state === 'up' ? control.nhsoUp() : control.nhsoDown(o.how, o.delayMs),
  );
  order('/delay', bodies.delay, (o) => control.delay(o.ms, o.call));
  order('/lose-answer', bodies.loseAnswer, (o) => control.loseAnswers(o));
  order('/fail-next', bodies.failNext, (o) => control.failNext(o));
  order('/limit', bodies.limit, (o) => control.limitPerDay(o.perDay));
  order('/card', bodies.card, (o) => control.insertCard(o.pid));
  router.delete('/card', (_req, res) => {
    control.removeCard();
    sendJson(res, 200, control.state());
  });
  order('/reader', bodies.reader, (o) => (o.plugged ? control.plugReader() : control.unplugReader()));
  order('/codes', codeBody, (o) => control.issueCode(o));
  order('/clock', bodies.clock, (o) => control.clockOffset(o.offsetMs));
  order('/people', peopleBody, (o) => control.addPeople(o.map(defined)));
  order('/reset', z.unknown(), () => control.reset());
  router.post('/restart', (req, res) => {
    const { seconds } = parse(bodies.restart, req);
    // the answer must be out before the line is cut
    res.once('finish', () => setImmediate(() => void control.restart(seconds)));
    sendJson(res, 200, control.state());
  });
  router.get('/requests', (req, res) => {
    const filter = parse(requestsFilter, { body: req.query });
    sendJson(res, 200, control.requests(defined(filter)));
  });
  router.get('/codes', (_req, res) => sendJson(res, 200, control.codes()));
  router.get('/confirms', (_req, res) => sendJson(res, 200, control.confirms()));
  return router;
}

const requestsFilter = z.strictObject({
  afterSeq: z.coerce.number().int().optional(),
  call: call.optional(),
  outcome: z.enum(OUTCOMES).optional(),
});
