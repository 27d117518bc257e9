/**
 * BullMQ on Redis (or Valkey). Two connections of our own, one to give work and one to take it, and BullMQ's blocking
 * one a worker. Only a server that keeps what it is given will do: see `redis-findings.ts`.
 */

import { Queue, Worker } from 'bullmq';
import { Redis, type RedisOptions } from 'ioredis';
import { BridgeError, errorText } from '../../src/domain/bridge-error.ts';
import { type ErrorSink, secretsOf, withoutSecrets } from '../error-log.ts';
import type { QueueName } from '../names.ts';
import { MAX_STALLED, type Settings } from '../options.ts';
import type { Backend, BullProcessor, BullQueue, BullWorker, JobData, WorkerSettings } from './backend.ts';
import { notReached } from './not-reached.ts';
import { redisFindings } from './redis-findings.ts';

/** A connection that says nothing for this long while a command waits is dead (a cable, a firewall), ms. */
const SILENCE_MS = 30_000;

/** See `OpenBackend`. `url`: `redis://` or `rediss://`. */
export async function openRedis(url: string, settings: Settings, report: ErrorSink): Promise<Backend> {
  // Giving work fails at once while the server is away, since the ledger keeps it; taking work waits until it is back.
  const producer = client(url, settings, { enableOfflineQueue: false, maxRetriesPerRequest: 1 });
  const consumer = client(url, settings, { maxRetriesPerRequest: null });
  producer.on('error', (error) => report('redis', error));
  consumer.on('error', (error) => report('redis', error));
  try {
    await connected(producer, url);
    await connected(consumer, url);
    await refuseUnfit(producer);
  } catch (error) {
    producer.disconnect();
    consumer.disconnect();
    throw error;
  }

  // The braces keep a queue's keys on one node of a Cluster, where BullMQ's scripts need them.
  const prefix = `{${settings.prefix}}`;
  const queues = new Map<QueueName, BullQueue>();
  return {
    queue(name) {
      const known = queues.get(name);
      if (known !== undefined) return known;
      const queue = new Queue<JobData, void, string>(name, {
        connection: producer,
        prefix,
        streams: { events: { maxLen: 1_000 } },
      });
      queue.on('error', (error) => report(`queue ${name}`, error));
      queues.set(name, queue);
      return queue;
    },
    worker(name, processor, options) {
      return redisWorker(name, processor, options, consumer, prefix, settings);
    },
    isConnected: () => consumer.status === 'ready',
    putTimesRight: null, // locks end by Redis's own clock
    countUp: () => producer.incr(`${prefix}:count`),
    check: () => redisFindings(producer),
    async close() {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
      producer.disconnect();
      consumer.disconnect();
    },
  };
}

function redisWorker(
  name: QueueName,
  processor: BullProcessor,
  options: WorkerSettings,
  connection: Redis,
  prefix: string,
  settings: Settings,
): BullWorker {
  return new Worker<JobData, void, string>(name, processor, {
    connection,
    prefix,
    autorun: false,
    concurrency: options.concurrency,
    lockDuration: options.lockMs,
    stalledInterval: options.stalledMs,
    maxStalledCount: MAX_STALLED,
    runRetryDelay: settings.reconnectMs,
    ...(options.backoff === undefined ? {} : { settings: { backoffStrategy: options.backoff } }),
  });
}

function client(
  url: string,
  settings: Settings,
  options: Pick<RedisOptions, 'enableOfflineQueue' | 'maxRetriesPerRequest'>,
): Redis {
  return new Redis(url, {
    lazyConnect: true,
    connectTimeout: settings.connectTimeoutMs,
    socketTimeout: SILENCE_MS,
    keepAlive: 10_000,
    retryStrategy: (times) => Math.round(Math.min(50 * 2 ** times, 2_000) * (0.5 + Math.random() / 2)),
    ...options,
  });
}

async function connected(redis: Redis, url: string): Promise<void> {
  let reason: unknown;
  const remember = (error: unknown): void => {
    reason = error;
  };
  redis.once('error', remember);
  try {
    await redis.connect();
  } catch (cause) {
    const text = withoutSecrets(errorText(reason ?? cause), secretsOf(url));
    throw notReached('Redis', url, text, /^(WRONGPASS|NOAUTH|NOPERM)/.test(text), cause);
  } finally {
    redis.off('error', remember);
  }
}

async function refuseUnfit(redis: Redis): Promise<void> {
  const unfit = (await redisFindings(redis)).find((finding) => finding.level === 'fail');
  if (unfit === undefined) return;
  const sentence = unfit.fix === undefined ? unfit.message : `${unfit.message} ${unfit.fix}`;
  throw new BridgeError('config', sentence, { retry: 'no', detail: { check: unfit.check } });
}
