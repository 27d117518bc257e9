/** The control calls over HTTP, for programs that are not in this process. `GET /__control` lists them. */

import express, { Router } from 'express';
import { z } from 'zod';
import { OUTCOMES } from '../common/journal.ts';
import { breakage, count, defined, delayMs, parse, pid, seconds, status } from '../common/orders.ts';
import { sendJson } from '../common/said.ts';
import { codeBody, peopleBody } from '../nhso-agent/control-routes.ts';
import { WEB_CALLS } from './calls.ts';
import type { WebControl } from './control.ts';

export const CONTROL_HELP: Readonly<Record<string, string>> = {
  'GET /__control': 'this list',
  'GET /__control/state': 'what is up and down, form of the answers, clock offset, calls by kind',
  'POST /__control/up': '{}, or {"call":"right-search"}',
  'POST /__control/down':
    '{"how":"500|timeout|html|reset|drop|empty|cut-json|cut-body|wrong-type","call":"check-authen-status","delayMs":0}; every call when none is named',
  'POST /__control/delay': '{"ms":300} for all calls, {"ms":2000,"call":"searchCurrentByPID"} for one',
  'POST /__control/fail-next':
    '{"next":2,"call":"right-search","status":503,"message":""}; for searchCurrentByPID a SOAP fault',
  'POST /__control/lose-answer':
    '{"next":1,"call":"access-token","how":"drop"}: the work is done, the answer is lost',
  'POST /__control/status-word':
    '{"status":"NHSO-00099","description":"…","next":1}: the next SOAP answers say so',
  'POST /__control/status-form':
    '{"shape":"histories|flat","statusAuthen":"boolean|text|contrary","otherDays":5}: check-authen-status',
  'POST /__control/log-in':
    '{"account":"…","ucTokenFile":"…/nhso_token.txt","srmTokenFile":"…/token.txt","bom":true,"crlf":true,"halfForMs":500}',
  'POST /__control/kill-token': '{"kind":"uc|srm|srm-refresh","account":"…"}',
  'POST /__control/clear-tokens': 'all UC and SRM access tokens die now, the clock stays',
  'POST /__control/midnight': "moves NHSO's clock to the next 00:00 in Bangkok",
  'POST /__control/clock': '{"offsetMs":120000}',
  'POST /__control/srm': '{"rotates":false,"lifeMs":600000}; lifeMs null = until midnight',
  'POST /__control/hospital':
    '{"hcode":"…","token":"…"}: admits a hospital; a token is made up when none is given',
  'POST /__control/codes': 'as at the agent: {"pid":"…", …}',
  'POST /__control/people': 'as at the agent: [{"pid":"…","right":"UCS|SSS|OFC|LGO|none","known":false, …}]',
  'POST /__control/restart': '{"seconds":30}: nobody listens for so long',
  'GET /__control/requests': 'journal of requests; ?afterSeq=, ?call=, ?outcome=',
  'GET /__control/log-ins': 'every log-in, by a person and by refresh',
  'POST /__control/reset': 'forget everything but hospitals’ tokens; all up, no faults',
};

const call = z.enum(WEB_CALLS);
const path = z.string().min(1);
const nothing = z.unknown();

const bodies = {
  up: z.strictObject({ call: call.optional() }),
  down: z.strictObject({ how: breakage.optional(), call: call.optional(), delayMs: delayMs.optional() }),
  delay: z.strictObject({ ms: delayMs, call: call.optional() }),
  failNext: z.strictObject({
    next: count.optional(),
    call: call.optional(),
    status: status.optional(),
    message: z.string().optional(),
  }),
  loseAnswer: z.strictObject({ next: count.optional(), call: call.optional(), how: breakage.optional() }),
  statusWord: z.strictObject({
    status: z.string(),
    description: z.string().optional(),
    next: count.optional(),
  }),
  statusForm: z
    .strictObject({
      shape: z.enum(['histories', 'flat']),
      statusAuthen: z.enum(['boolean', 'text', 'contrary']),
      otherDays: z.number().int().min(0).max(1000),
    })
    .partial(),
  logIn: z.strictObject({
    account: pid,
    ucTokenFile: path.optional(),
    srmTokenFile: path.optional(),
    bom: z.boolean().optional(),
    crlf: z.boolean().optional(),
    halfForMs: delayMs.optional(),
  }),
  killToken: z.strictObject({ kind: z.enum(['uc', 'srm', 'srm-refresh']), account: pid }),
  clock: z.strictObject({ offsetMs: z.number() }),
  srm: z.strictObject({ rotates: z.boolean().optional(), lifeMs: z.number().min(0).nullable().optional() }),
  hospital: z.strictObject({ hcode: z.string().min(1), token: z.string().min(1).optional() }),
  restart: z.strictObject({ seconds }),
};

export function controlRoutes(control: WebControl): Router {
  const router = Router();
  const order = <T>(at: string, schema: z.ZodType<T>, run: (order: T) => unknown): void => {
    router.post(at, async (req, res) => {
      const result = await run(parse(schema, req));
      sendJson(res, 200, result ?? control.state());
    });
  };
  router.use(express.json({ limit: '5mb', type: () => true }));
  router.get('/', (_req, res) => sendJson(res, 200, CONTROL_HELP));
  router.get('/state', (_req, res) => sendJson(res, 200, control.state()));
  order('/up', bodies.up, (o) => control.up(o.call));
  order('/down', bodies.down, (o) => control.down(o.how, o.call, o.delayMs));
  order('/delay', bodies.delay, (o) => control.delay(o.ms, o.call));
  order('/fail-next', bodies.failNext, (o) => control.failNext(o));
  order('/lose-answer', bodies.loseAnswer, (o) => control.loseAnswers(o));
  order('/status-word', bodies.statusWord, (o) => control.statusWord(o));
  order('/status-form', bodies.statusForm, (o) => control.statusForm(defined(o)));
  // the tokens stand in the files; the answer of a control call may be printed
  order('/log-in', bodies.logIn, async (o) => {
    await control.staffLogsIn(o);
    return control.state();
  });
  order('/kill-token', bodies.killToken, (o) => control.killToken(o.kind, o.account));
  order('/clear-tokens', nothing, () => control.clearTokens());
  order('/midnight', nothing, () => control.midnight());
  order('/clock', bodies.clock, (o) => control.clockOffset(o.offsetMs));
  order('/srm', bodies.srm, (o) => control.srmManners(o));
  order('/hospital', bodies.hospital, (o) => ({ token: control.admitHospital(o.hcode, o.token) }));
  order('/codes', codeBody, (o) => control.issueCode(o));
  order('/people', peopleBody, (o) => control.addPeople(o.map(defined)));
  order('/reset', nothing, () => control.reset());
  router.post('/restart', (req, res) => {
    const order = parse(bodies.restart, req);
    // the answer must be out before the line is cut
    res.once('finish', () => setImmediate(() => void control.restart(order.seconds)));
    sendJson(res, 200, control.state());
  });
  router.get('/requests', (req, res) => {
    const filter = parse(requestsFilter, { body: req.query });
    sendJson(res, 200, control.requests(defined(filter)));
  });
  router.get('/log-ins', (_req, res) => sendJson(res, 200, control.logIns()));
  return router;
}

const requestsFilter = z.strictObject({
  afterSeq: z.coerce.number().int().optional(),
  call: call.optional(),
  outcome: z.enum(OUTCOMES).optional(),
});
