import { describe, expect, it } from 'vitest';
import { errorSink, secretsOf } from '../../queues/error-log.ts';
import { sampleCitizenId } from '../support/samples.ts';
import { keptLog } from './support.ts';

describe('errors of the connections', () => {
  it('are said once in half a minute, with how often they came', () => {
    const log = keptLog();
    let now = 0;
    const report = errorSink(log, [], () => now);
    for (let n = 0; n < 50; n++) report('redis', new Error('ECONNREFUSED'));
    report('queue draft', new Error('ECONNREFUSED'));
    now = 31_000;
    report('redis', new Error('ECONNREFUSED'));
    expect(log.lines.map((line) => line.fields)).toEqual([
      { where: 'redis', reason: 'ECONNREFUSED', repeated: 0 },
      { where: 'queue draft', reason: 'ECONNREFUSED', repeated: 0 },
      { where: 'redis', reason: 'ECONNREFUSED', repeated: 49 },
    ]);
  });

  it('hold no password and no citizen id', () => {
    const log = keptLog();
    const report = errorSink(log, secretsOf('redis://user:p%40ss@host:6379'));
    report('redis', new Error(`p@ss or p%40ss was wrong for ${sampleCitizenId(3)}`));
    const said = JSON.stringify(log.lines);
    expect(said).toContain('*** or *** was wrong');
    expect(said).not.toContain(sampleCitizenId(3));
  });

  it('bear whatever is thrown', () => {
    const log = keptLog();
    const report = errorSink(log, []);
    const nameless = Object.assign(new Error(''), { code: 'ECONNRESET' });
    for (const thrown of [nameless, null, undefined, 'text', {}]) report('redis', thrown);
    expect(log.lines).toHaveLength(5);
    expect(log.lines[0]?.fields).toMatchObject({ reason: 'ECONNRESET' });
  });
});
