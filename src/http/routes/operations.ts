/** For who keeps the bridge running: is it alive, is it ready, what are its figures, what can it be asked. */

import { z } from 'zod';
import { bangkokIso, type Instant } from '../../domain/bangkok.ts';
import { maskCitizenIds } from '../../domain/citizen-id.ts';
import type { HisState } from '../../service/bridge-api.ts';
import type { HttpParts } from '../parts.ts';
import { ANYTHING, NOTHING, type Route, route } from '../route.ts';

const healthSchema = z
  .strictObject({ status: z.literal('ok'), uptimeSeconds: z.int() })
  .meta({ id: 'Health' });

const readinessSchema = z
  .strictObject({
    ready: z.boolean(),
    notReady: z
      .array(z.strictObject({ check: z.string(), message: z.string() }))
      .meta({ description: 'What stands in the way of the work.' }),
    warnings: z
      .array(z.strictObject({ check: z.string(), message: z.string() }))
      .meta({ description: 'What somebody should look at; the work goes on.' }),
    his: z
      .array(
        z.strictObject({
          site: z.string(),
          state: z.enum(['well', 'away', 'elsewhere']).meta({
            description: 'elsewhere: this process has not asked it lately; another one may have.',
          }),
          awaySince: z.string().nullable(),
          lastPoll: z.string().nullable(),
          paceSeconds: z.number().meta({ description: 'How often it is asked just now.' }),
          pace: z.enum(['usual', 'quiet', 'heard', 'slow', 'away']),
          listening: z.boolean().nullable().meta({
            description: 'Whether changes are heard of as they are made; null where that is not configured.',
          }),
        }),
      )
      .meta({ description: 'Each HIS, those that are not well first. Times in Asia/Bangkok.' }),
  })
  .meta({ id: 'Readiness' });

export function operationRoutes(
  { api, metrics }: Pick<HttpParts, 'api' | 'metrics'>,
  openApi: () => object,
): Route[] {
  const shared = {
    method: 'get',
    tag: 'Operation',
    params: NOTHING,
    query: ANYTHING,
    body: NOTHING,
  } as const;
  return [
    route({
      ...shared,
      operationId: 'health',
      path: '/healthz',
      access: { open: 'a supervisor that holds no key must see whether the process lives' },
      summary: 'The process lives',
      answers: { 200: { description: 'It does.', schema: healthSchema } },
      handle({ res }) {
        res.json({ status: 'ok', uptimeSeconds: Math.floor(process.uptime()) });
      },
    }),
    route({
      ...shared,
      operationId: 'readiness',
      path: '/readyz',
      access: { open: 'a load balancer that holds no key must see whether the bridge can work' },
      summary: 'The bridge can do its job, or what it lacks',
      answers: {
        200: { description: 'It can.', schema: readinessSchema },
        503: { description: 'Something is not ready.', schema: readinessSchema },
      },
      async handle({ res }) {
        const findings = await api.readiness();
        const at = (level: string) =>
          findings
            .filter((finding) => finding.level === level)
            .map(({ check, message }) => ({ check, message: maskCitizenIds(message) }));
        const notReady = at('fail');
        const ready = notReady.length === 0;
        res.status(ready ? 200 : 503).json({
          ...{ ready, notReady, warnings: at('warn') },
          his: api.hisStates().map(hisJson).toSorted(notWellFirst),
        });
      },
    }),
    route({
      ...shared,
      operationId: 'metrics',
      path: '/metrics',
      access: { scope: 'metrics:read', narrowest: 'all' },
      summary: 'Figures for Prometheus',
      answers: { 200: { description: 'The figures.', schema: z.string(), mediaType: 'text/plain' } },
      async handle({ res }) {
        const figures = await metrics.render();
        res.type(metrics.contentType).send(figures);
      },
    }),
    route({
      ...shared,
      operationId: 'openApi',
      path: '/openapi.json',
      access: { scope: 'any', narrowest: 'station' },
      summary: 'This document',
      answers: { 200: { description: 'OpenAPI 3.1.', schema: z.looseObject({}) } },
      handle({ res }) {
        res.json(openApi());
      },
    }),
  ];
}

function hisJson({ hcode, state, awaySince, lastPoll, paceMs, pace, isListening }: HisState) {
  const time = (at: Instant | null): string | null => (at === null ? null : bangkokIso(at));
  return {
    ...{ site: hcode, state, awaySince: time(awaySince), lastPoll: time(lastPoll) },
    ...{ paceSeconds: paceMs / 1000, pace, listening: isListening },
  };
}

function notWellFirst(a: { state: HisState['state'] }, b: { state: HisState['state'] }): number {
  return Number(a.state === 'well') - Number(b.state === 'well');
}
