import { describe, expect, it } from 'vitest';
import {
  evictionFinding,
  parseInfo,
  persistenceFinding,
  versionFinding,
} from '../../queues/backends/redis-findings.ts';

describe('fitness of a Redis', () => {
  it.each([
    ['6.2.0', 'ok'],
    ['7.0.15', 'ok'],
    ['10.0.1', 'ok'],
    ['6.0.16', 'fail'],
    ['5.0.14', 'fail'],
    ['', 'warn'],
    ['unstable', 'warn'],
  ])('version "%s" is %s', (version, level) => {
    expect(versionFinding(version)).toMatchObject({ check: 'queue-version', level });
  });

  it.each([
    ['noeviction', 'ok'],
    ['volatile-lru', 'fail'],
    ['allkeys-lfu', 'fail'],
    [null, 'warn'],
  ])('eviction policy %s is %s', (policy, level) => {
    expect(evictionFinding(policy)).toMatchObject({ check: 'queue-eviction', level });
  });

  it.each([
    ['aof_enabled:1\r\naof_last_write_status:ok', 'ok'],
    ['aof_enabled:1\r\naof_last_write_status:err', 'warn'],
    ['aof_enabled:0', 'warn'],
    ['', 'warn'],
  ])('persistence %j is %s', (info, level) => {
    expect(persistenceFinding(parseInfo(info))).toMatchObject({ check: 'queue-persistence', level });
  });

  it('reads INFO as Redis writes it', () => {
    const info = parseInfo(
      '# Server\r\nredis_version:7.0.15\r\nexecutable:/usr/bin/redis-server\r\n\r\n# Memory\r\n',
    );
    expect([...info]).toEqual([
      ['redis_version', '7.0.15'],
      ['executable', '/usr/bin/redis-server'],
    ]);
  });
});
