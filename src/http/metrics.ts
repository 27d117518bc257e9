/**
 * Figures for Prometheus: what the service tells (`Metrics`), and what is looked up when somebody asks (cases by state,
 * the queue). A source that does not answer costs its own figures, never the others.
 */

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { serviceDateOf } from '../domain/bangkok.ts';
import { CASE_STATES, STEPS } from '../domain/case.ts';
import type { Clock } from '../service/ports/clock.ts';
import type { Ledger } from '../service/ports/ledger.ts';
import type { CounterLabels, DurationLabels, GaugeLabels, Metrics } from '../service/ports/metrics.ts';
import type { WorkQueue } from '../service/ports/work-queue.ts';

export interface MetricsSources {
  ledger: Pick<Ledger, 'countsByState'>;
  clock: Clock;
  sites: readonly { hcode: string }[];
  queue?: Pick<WorkQueue, 'counts' | 'oldestWaitMs'> | undefined;
}

export interface BridgeMetrics extends Metrics {
  /** The text of `/metrics`. */
  render(): Promise<string>;
  readonly contentType: string;
  /** `route`: the template, never the address itself. */
  httpRequest(labels: { method: string; route: string; status: number }, seconds: number): void;
}

/** Prometheus waits 10 s for everything together. */
const LOOK_UP_MS = 2_000;

/** From a loop-back millisecond to a call that ran into its time-out. */
const SECONDS = [0.005, 0.02, 0.05, 0.1, 0.3, 0.6, 1, 2, 5, 10, 20, 60];
/** A visit's way takes from a second to most of a day. */
const LONG_SECONDS = [0.5, 1, 2, 5, 15, 60, 300, 1800, 7200, 43_200];

export function makeMetrics(sources: MetricsSources): BridgeMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const counters = makeCounters(registry);
  const durations = makeDurations(registry);
  const gauges = makeGauges(registry);
  const http = new Histogram({
    name: 'authen_bridge_http_request_seconds',
    help: 'HTTP requests by route template.',
    labelNames: ['method', 'route', 'status'],
    buckets: SECONDS,
    registers: [registry],
  });
  lookUpWhenAsked(registry, sources);
  return {
    count: (name, labels, n = 1) => counters[name].inc({ ...labels }, n),
    observe: (name, seconds, labels) => durations[name].observe({ ...labels }, seconds),
    set: (name, value, labels) => gauges[name].set({ ...labels }, value),
    httpRequest: ({ method, route, status }, seconds) =>
      http.observe({ method, route, status: String(status) }, seconds),
    render: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

function makeCounters(registry: Registry): Record<keyof CounterLabels, Counter> {
  const counter = (name: string, help: string, labelNames: string[]) =>
    new Counter({ name: `authen_bridge_${name}`, help, labelNames, registers: [registry] });
  return {
    'card-reads': counter('card_reads_total', 'Card reads taken in.', ['site', 'kind', 'outcome']),
    'write-backs': counter('write_backs_total', 'Write-backs into the HIS.', ['site', 'outcome']),
    'state-changes': counter('state_changes_total', 'Changes of state, by where they led.', [
      'site',
      'state',
    ]),
    'token-renewals': counter('token_renewals_total', 'Tokens renewed without a person.', [
      'site',
      'kind',
      'outcome',
    ]),
  };
}

function makeDurations(registry: Registry): Record<keyof DurationLabels, Histogram> {
  const histogram = (name: string, help: string, labelNames: string[], buckets = SECONDS) =>
    new Histogram({ name: `authen_bridge_${name}`, help, labelNames, buckets, registers: [registry] });
  return {
    'nhso-call': histogram('nhso_call_seconds', 'Calls of the NHSO agent.', ['site', 'call', 'outcome']),
    poll: histogram('poll_seconds', 'Looks at the HIS.', ['site', 'kind', 'outcome']),
    'code-written': histogram(
      'code_written_seconds',
      'From visit and card both there to the code in the HIS.',
      ['site'],
      LONG_SECONDS,
    ),
  };
}

function makeGauges(registry: Registry): Record<keyof GaugeLabels, Gauge> {
  const gauge = (name: string, help: string, labelNames: string[]) =>
    new Gauge({ name: `authen_bridge_${name}`, help, labelNames, registers: [registry] });
  return {
    'breaker-open': gauge('breaker_open', '1 while NHSO is taken to be down.', ['site']),
    'token-alive': gauge('token_alive', '1 while a living token of that kind is there.', ['site', 'kind']),
    'last-poll': gauge('last_poll_timestamp_seconds', 'When the HIS was last asked with success.', ['site']),
    'his-up': gauge('his_up', '1 while the HIS answers.', ['site']),
    'poll-pace': gauge('poll_pace_seconds', 'How often the HIS is asked just now.', ['site']),
    'change-capture': gauge('change_capture', '1 while changes in the HIS are heard of as they are made.', [
      'site',
    ]),
  };
}

function lookUpWhenAsked(registry: Registry, { ledger, clock, sites, queue }: MetricsSources): void {
  const failures = new Counter({
    name: 'authen_bridge_scrape_failures_total',
    help: 'Figures that could not be looked up when somebody asked.',
    labelNames: ['source'],
    registers: [registry],
  });
  /** Old figures are worse than none: they look like life. */
  const lookUp = (source: string, fill: (gauge: Gauge) => Promise<void>) =>
    async function collect(this: Gauge): Promise<void> {
      this.reset();
      try {
        await inTime(fill(this));
      } catch {
        this.reset();
        failures.inc({ source });
      }
    };

  new Gauge({
    name: 'authen_bridge_cases',
    help: "Cases of today's service date (Bangkok) by state.",
    labelNames: ['site', 'state'],
    registers: [registry],
    collect: lookUp('ledger', async (gauge) => {
      const today = serviceDateOf(clock.now());
      for (const { hcode } of sites) {
        const counts = await ledger.countsByState(hcode, today);
        for (const state of CASE_STATES) gauge.set({ site: hcode, state }, counts[state] ?? 0);
      }
    }),
  });
  if (queue === undefined) return;
  new Gauge({
    name: 'authen_bridge_queue_jobs',
    help: 'Jobs by queue and state.',
    labelNames: ['queue', 'state'],
    registers: [registry],
    collect: lookUp('queue', async (gauge) => {
      const counts = await queue.counts();
      for (const step of STEPS) {
        for (const [state, n] of Object.entries(counts[step])) gauge.set({ queue: step, state }, n);
      }
    }),
  });
  new Gauge({
    name: 'authen_bridge_queue_oldest_wait_seconds',
    help: 'How long the oldest waiting job has waited.',
    registers: [registry],
    collect: lookUp('queue', async (gauge) => gauge.set((await queue.oldestWaitMs()) / 1000)),
  });
}

/** Rejects when it takes too long; what comes later is of no use to this scrape. */
async function inTime(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('took too long')), LOOK_UP_MS);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
