import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { checkDigit } from '../../src/domain/citizen-id.ts';
import { keepChildOutput, keepOutput, OUTPUT_DIR } from './output.ts';

const runScanned = fileURLToPath(new URL('run-scanned.ts', import.meta.url));

/** What `runScanned` does with a program that runs this code, seen from outside. */
async function scanned(code: string): Promise<{ exit: number | null; out: string; err: string }> {
  const script = `
    import { runScanned } from ${JSON.stringify(runScanned)};
    process.exitCode = await runScanned(process.execPath, ['--input-type=module', '-e', ${JSON.stringify(code)}]);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [[exit], out, err] = await Promise.all([
    once(child, 'close'),
    text(child.stdout),
    text(child.stderr),
  ]);
  return { exit, out, err };
}

/** Made here, so that it stands in no file: the check would find it in a stack trace's source line. */
const id = `31006${'0'.repeat(6)}1${checkDigit(`31006${'0'.repeat(6)}1`)}`;
const sayId = `['31006', '0'.repeat(6), '1', '${id.slice(-1)}'].join('')`;

describe('runScanned', () => {
  test('hands on what the program prints, its exit code, and counts the lines', async () => {
    const { exit, out, err } = await scanned(
      `console.log('one\\ntwo'); console.error('three'); process.exitCode = 3;`,
    );
    expect({ exit, out, err }).toEqual({
      exit: 3,
      out: 'one\ntwo\nno citizen id in 3 lines of output\n',
      err: 'three\n',
    });
  });

  test.each(['log', 'error'])('fails when console.%s shows a citizen id, and masks it', async (method) => {
    const { exit, err } = await scanned(
      `console.log('fine'); console.${method}('pid=' + ${sayId} + ' seen');`,
    );
    expect(exit).toBe(1);
    expect(err).toMatch(/^CITIZEN ID 3-xxxx-xxxxx-01-\d in std(out, line 2|err, line 1): pid=x{13} seen$/m);
    expect(err).toMatch(/^FAILED: 1 of 2 lines of output show a citizen id$/m);
  });

  test('sees what a test kept of its children', async () => {
    const { exit, out, err } = await scanned(`
      import { appendFileSync } from 'node:fs';
      appendFileSync(process.env.${OUTPUT_DIR} + '/bridge-1.log', 'GET /x/' + ${sayId} + '\\n');`);
    expect(exit).toBe(1);
    expect(out).toBe('');
    expect(err).toMatch(/^CITIZEN ID 3-xxxx-xxxxx-01-\d in bridge-1\.log, line 1: GET \/x\/x{13}$/m);
  });

  test('a program that is ended by a signal is no success', async () => {
    const { exit } = await scanned(`process.kill(process.pid, 'SIGKILL'); setInterval(() => {}, 1000);`);
    expect(exit).toBe(137);
  });
});

describe('keepOutput', () => {
  test('writes into the folder of the run', async () => {
    const folder = mkdtempSync(`${tmpdir()}/keep-`);
    const before = process.env[OUTPUT_DIR];
    process.env[OUTPUT_DIR] = folder;
    try {
      keepOutput('a/b', 'half a li');
      keepOutput('a/b', 'ne\n');
      const child = spawn(process.execPath, ['-e', "console.log('out'); console.error('err')"], {
        stdio: 'pipe',
      });
      keepChildOutput('child', child);
      await once(child, 'close');
      const read = (name: string): string => readFileSync(`${folder}/${name}-${process.pid}.log`, 'utf8');
      expect([read('a_b'), read('child.stdout'), read('child.stderr')]).toEqual([
        'half a line\n',
        'out\n',
        'err\n',
      ]);
    } finally {
      if (before === undefined) delete process.env[OUTPUT_DIR];
      else process.env[OUTPUT_DIR] = before;
      rmSync(folder, { recursive: true });
    }
  });
});
