import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BridgeError } from '../src/domain/bridge-error.ts';
import { checkDigit } from '../src/domain/citizen-id.ts';
import { type LogOptions, makeLog, maskText } from '../src/log.ts';

const first12 = '900000000042';
const PID = `${first12}${checkDigit(first12)}`;
const MASKED = `9-xxxx-xxxxx-${PID.slice(-3, -1)}-${PID.slice(-1)}`;
const dashed = PID.replace(/^(\d)(\d{4})(\d{5})(\d\d)(\d)$/, '$1-$2-$3-$4-$5');

/** What the log writes, as text and line by line. */
function logged(write: (log: ReturnType<typeof makeLog>) => void, level: LogOptions['level'] = 'debug') {
  let text = '';
  const destination = {
    write: (chunk: string) => {
      text += chunk;
    },
  };
  write(makeLog({ level, destination }));
  const lines = text.split('\n').slice(0, -1);
  return { text, lines: lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

describe('the log', () => {
  test('is one JSON object a line, with level, time and message', () => {
    const { lines } = logged((log) => log.child({ site: '10978' }).warn({ n: 1 }, 'two\nlines'));
    expect(lines).toEqual([
      { level: 'warn', time: expect.stringMatching(/^\d{4}-.*Z$/), site: '10978', n: 1, msg: 'two\nlines' },
    ]);
  });

  test('says no more than its level', () => {
    const say = (log: ReturnType<typeof makeLog>): void => {
      log.debug({}, 'a');
      log.info({}, 'b');
      log.warn({}, 'c');
      log.error({}, 'd');
    };
    expect(logged(say, 'warn').lines.map((line) => line.msg)).toEqual(['c', 'd']);
    expect(logged(say, 'silent').lines).toEqual([]);
  });

  test.each<[string, (log: ReturnType<typeof makeLog>) => void]>([
    ['the message', (log) => log.info({}, `patient ${PID} came`)],
    ['a field', (log) => log.info({ pid: PID }, 'came')],
    ['a field with dashes', (log) => log.info({ pid: dashed }, 'came')],
    ['a number', (log) => log.info({ pid: Number(PID) }, 'came')],
    ['the name of a field', (log) => log.info({ [PID]: 'came' }, 'came')],
    ['deep inside', (log) => log.info({ a: [{ b: { c: `x${PID}y` } }] }, 'came')],
    ['an address', (log) => log.info({ url: `http://h/api/${PID}?pid=${PID}` }, 'came')],
    ["a child's own field", (log) => log.child({ who: PID }).info({}, 'came')],
    ['an error', (log) => log.error({ error: new Error(`no ${PID}`) }, 'x')],
    ["an error's cause", (log) => log.error({ error: new Error('a', { cause: new Error(PID) }) }, 'x')],
    [
      "an error's fields",
      (log) => log.error({ error: Object.assign(new Error('a'), { row: { cid: PID } }) }, 'x'),
    ],
    ['one of many errors', (log) => log.error({ error: new AggregateError([new Error(PID)], 'all') }, 'x')],
    [
      "our own error's detail",
      (log) =>
        log.error({ error: new BridgeError('conflict', PID, { retry: 'no', detail: { pid: PID } }) }, 'x'),
    ],
    ['what is no error', (log) => log.error({ error: `thrown ${PID}` }, 'x')],
  ])('masks a citizen id in %s', (_, write) => {
    const { text, lines } = logged(write);
    expect(lines).toHaveLength(1);
    expect(text).not.toContain(PID);
    expect(text).not.toContain(dashed);
    expect(text).toContain(MASKED);
  });

  test('leaves figures whole, and the line JSON, where 13 digits are no person', () => {
    const { lines } = logged((log) => log.info({ ms: 12.3456789012345, big: 12345678901234, pid: PID }, 'x'));
    expect(lines).toMatchObject([{ ms: 12.3456789012345, big: 12345678901234, pid: MASKED }]);
  });

  test('an address is shown without its password', () => {
    const url = 'mysql://bridge:s3c/r@t@10.0.0.10:3306/hos';
    const error = Object.assign(new TypeError('Invalid URL'), { input: url });
    const { text } = logged((log) => log.error({ error, url }, `cannot open ${url}`));
    expect(text).not.toMatch(/s3c|r@t/);
    expect(text).toContain('mysql://bridge:***@10.0.0.10:3306/hos');
  });

  test('what has no password is left alone', () => {
    for (const text of ['http://127.0.0.1:8080/api', 'a: b@c', 'redis://h:6379 and mail@x', 'user:pw'])
      expect(maskText(text)).toBe(text);
  });

  test('whatever is logged around it, the id is not there and the line is JSON', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.jsonValue(), (around, other) => {
        const parts = around.replace(/\d/g, '');
        const { text, lines } = logged((log) =>
          log.info({ [`f${parts}`]: [other, `${parts} ${PID}`] }, `${parts}`),
        );
        expect(lines).toHaveLength(1);
        expect(text).not.toContain(PID);
      }),
    );
  });

  test('what was said last is out before the process has ended', () => {
    const code = `
      import { makeLog } from './src/log.ts';
      const log = makeLog({ level: 'info' });
      for (let i = 0; i < 2000; i++) log.info({ i }, 'said');
      process.exit(3);`;
    const { stdout, status } = spawnSync(process.execPath, ['--input-type=module-typescript', '-e', code]);
    expect(status).toBe(3);
    expect(String(stdout).trimEnd().split('\n')).toHaveLength(2000);
    expect(String(stdout)).toContain('"i":1999');
  });
});
