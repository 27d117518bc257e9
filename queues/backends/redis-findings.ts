/** What makes a Redis fit to hold work: its version, its eviction policy, its persistence. For start and `doctor`. */

import type { Redis } from 'ioredis';
import { errorText } from '../../src/domain/bridge-error.ts';
import type { Finding } from '../../src/service/ports/finding.ts';

const OLDEST = [6, 2] as const;

/** Looks at the server; a server that does not answer is a finding, not an error. */
export async function redisFindings(redis: Redis): Promise<Finding[]> {
  let info: Map<string, string>;
  try {
    info = parseInfo(await redis.info());
  } catch (error) {
    return [
      {
        check: 'queue-reachable',
        level: 'fail',
        message: `Redis does not answer: ${errorText(error)}.`,
        fix: 'Start Redis, or correct "queue" in the configuration.',
      },
    ];
  }
  const version = info.get('redis_version') ?? '';
  return [
    { check: 'queue-reachable', level: 'ok', message: `Redis ${version} answers.` },
    versionFinding(version),
    evictionFinding(info.get('maxmemory_policy') ?? (await configured(redis, 'maxmemory-policy'))),
    persistenceFinding(info),
  ];
}

/** The `key:value` lines of INFO. */
export function parseInfo(text: string): Map<string, string> {
  const lines = text.split(/\r?\n/).filter((line) => !line.startsWith('#') && line.includes(':'));
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]));
}

export function versionFinding(version: string): Finding {
  const check = 'queue-version';
  const [major = Number.NaN, minor = Number.NaN] = version.split('.').map(Number);
  if (Number.isNaN(major) || Number.isNaN(minor)) {
    return {
      check,
      level: 'warn',
      message: `Redis does not tell a version that can be read ("${version}").`,
    };
  }
  const old = major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
  if (!old) return { check, level: 'ok', message: `Redis ${version} is new enough.` };
  return {
    check,
    level: 'fail',
    message: `Redis ${version} is too old for the work queue.`,
    fix: `Install Redis ${OLDEST.join('.')} or newer, or set "queue" to "embedded".`,
  };
}

/** @param policy null when the server does not tell, as some managed ones do not */
export function evictionFinding(policy: string | null): Finding {
  const check = 'queue-eviction';
  if (policy === 'noeviction')
    return { check, level: 'ok', message: 'Redis keeps jobs when memory is short.' };
  if (policy === null) {
    return {
      check,
      level: 'warn',
      message: 'Redis does not tell its eviction policy.',
      fix: 'Make sure with whoever runs it that maxmemory-policy is noeviction.',
    };
  }
  return {
    check,
    level: 'fail',
    message: `Redis would throw jobs away when memory is short: its maxmemory-policy is ${policy}.`,
    fix: 'Set "maxmemory-policy noeviction" in redis.conf, or run: redis-cli CONFIG SET maxmemory-policy noeviction',
  };
}

export function persistenceFinding(info: ReadonlyMap<string, string>): Finding {
  const check = 'queue-persistence';
  if (info.get('aof_enabled') === '1') {
    if (info.get('aof_last_write_status') !== 'err') {
      return { check, level: 'ok', message: 'Redis keeps its jobs over a restart (AOF).' };
    }
    return {
      check,
      level: 'warn',
      message: 'Redis cannot write its AOF file.',
      fix: 'Look at the disk that holds it.',
    };
  }
  return {
    check,
    level: 'warn',
    message:
      'Redis loses its jobs when it restarts (no AOF). The ledger puts them back, but work pauses meanwhile.',
    fix: 'Set "appendonly yes" in redis.conf, or run: redis-cli CONFIG SET appendonly yes',
  };
}

async function configured(redis: Redis, key: string): Promise<string | null> {
  try {
    const [, value] = (await redis.config('GET', key)) as string[];
    return value ?? null;
  } catch {
    return null; // CONFIG is forbidden on managed servers; the finding says that it is not known
  }
}
