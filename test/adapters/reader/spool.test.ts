import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSpool } from '../../../adapters/reader/spool.ts';
import type { CardReadMessage } from '../../../src/domain/card-read.ts';
import type { ReadSpool } from '../../../src/service/ports/reader.ts';
import { sampleCitizenId } from '../../support/samples.ts';

const message = (n: number): CardReadMessage => ({
  id: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
  stationId: 'counter-1',
  pid: sampleCitizenId(n),
  readAt: '2026-11-20T01:30:00.000Z',
  kind: 'card-only',
  person: { fname: 'ทดสอบ', lname: 'ไม่มีจริง' },
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'spool-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const files = (): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort();
const inFolder = (name: string): string => path.join(folder, name);

/** Takes everything out, as the courier does. */
async function drain(spool: ReadSpool): Promise<CardReadMessage[]> {
  const all: CardReadMessage[] = [];
  for (let read = await spool.oldest(); read !== null; read = await spool.oldest()) {
    all.push(read.message);
    await spool.remove(read);
  }
  return all;
}

describe('the spool', () => {
  it('keeps reads in the order of arrival over a restart, each in a file of its own for the owner alone', async () => {
    const first = await openSpool(folder);
    await Promise.all([1, 2, 3].map((n) => first.add(message(n))));
    await first.close();
    expect(files().map((name) => statSync(inFolder(name)).mode & 0o777)).toEqual([0o600, 0o600, 0o600]);
    const second = await openSpool(folder);
    await second.add(message(4));
    expect(second.waiting).toBe(4);
    expect(await drain(second)).toEqual([1, 2, 3, 4].map(message));
    expect([second.waiting, files()]).toEqual([0, []]);
    await second.close();
  });

  it('sets a refused read aside with the reason, out of the way of the others', async () => {
    const spool = await openSpool(folder);
    await spool.add(message(1));
    await spool.add(message(2));
    const bad = await spool.oldest();
    expect(bad?.message.id).toBe(message(1).id);
    if (bad !== null) await spool.reject(bad, 'pid: expected 13 digits');
    expect([spool.waiting, spool.rejected]).toEqual([1, 1]);
    const aside = readdirSync(inFolder('rejected')).sort();
    expect(aside).toEqual([expect.stringMatching(/1\.json$/), expect.stringMatching(/1\.reason\.txt$/)]);
    const [kept = '', reason = ''] = aside.map((name) => readFileSync(inFolder(`rejected/${name}`), 'utf8'));
    expect(JSON.parse(kept)).toEqual(message(1));
    expect(reason).toBe('pid: expected 13 digits\n');
    expect(await drain(spool)).toEqual([message(2)]);
    await spool.close();
  });

  it('goes on when somebody took a file away by hand', async () => {
    const spool = await openSpool(folder);
    await spool.add(message(1));
    await spool.add(message(2));
    rmSync(inFolder(files()[0] ?? ''));
    expect(await drain(spool)).toEqual([message(2)]);
    await spool.close();
  });

  it('says when the disk does not take a read, and takes it afterwards', async () => {
    const spool = await openSpool(folder);
    const inTheWay = inFolder(`.000000000001-${message(1).id}.json.tmp`);
    mkdirSync(inTheWay);
    await expect(spool.add(message(1))).rejects.toMatchObject({ code: 'config', retry: 'yes' });
    rmdirSync(inTheWay);
    await spool.add(message(1));
    await spool.add(message(2));
    expect(await drain(spool)).toEqual([message(1), message(2)]);
    await spool.close();
  });

  it('lets the others go first when a refused read cannot be set aside', async () => {
    const spool = await openSpool(folder);
    await spool.add(message(1));
    await spool.add(message(2));
    const bad = await spool.oldest();
    const inTheWay = inFolder(`rejected/${bad?.name.replace(/json$/, 'reason.txt')}`);
    mkdirSync(inTheWay);
    if (bad !== null) await expect(spool.reject(bad, 'no')).rejects.toMatchObject({ code: 'config' });
    expect([spool.waiting, spool.rejected]).toEqual([2, 0]);
    const next = await spool.oldest();
    expect(next?.message).toEqual(message(2));
    if (next !== null) await spool.remove(next);
    rmdirSync(inTheWay);
    const again = await spool.oldest();
    if (again !== null) await spool.reject(again, 'no');
    expect([spool.waiting, spool.rejected]).toEqual([0, 1]);
    await spool.close();
  });

  it('names a folder that cannot be used', async () => {
    writeFileSync(inFolder('file'), '');
    await expect(openSpool(inFolder('file'))).rejects.toMatchObject({ code: 'config' });
  });

  it.runIf(process.platform === 'linux')(
    'names one whose parent takes no folders, and does not try for ever',
    () => {
      // in a process of its own: a folder that Node tries to make for ever keeps its process from ending
      const spool = new URL('../../../adapters/reader/spool.ts', import.meta.url).href;
      const script = `const { openSpool } = await import('${spool}');
      await openSpool('/proc/no-folder/spool').catch((error) => console.log(error.code, error.message));`;
      const { stdout, signal } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
        encoding: 'utf8',
        timeout: 10_000,
        killSignal: 'SIGKILL',
      });
      expect(signal).toBeNull();
      expect(stdout).toBe('config the spool folder /proc/no-folder/spool cannot be used (ENOENT)\n');
    },
  );

  it('makes a folder that is missing, with its parents, for the owner alone', async () => {
    const deep = inFolder('a/b/c');
    await (await openSpool(deep)).close();
    expect([deep, inFolder('a')].map((made) => statSync(made).mode & 0o777)).toEqual([0o700, 0o700]);
  });
});

describe('a machine that dies at any instant', () => {
  const size = Buffer.byteLength(`${JSON.stringify(message(3))}\n`);

  it('loses at most the read that was being written, wherever the tail is cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: size }), fc.boolean(), async (cut, renamed) => {
        const before = await openSpool(folder);
        for (const n of [1, 2, 3]) await before.add(message(n));
        await before.close();
        const last = files()[2] ?? '';
        const whole = readFileSync(inFolder(last));
        if (!renamed) rmSync(inFolder(last));
        const tail = inFolder(renamed ? last : `.${last}.tmp`);
        writeFileSync(tail, whole);
        truncateSync(tail, cut);

        const after = await openSpool(folder);
        const kept = await drain(after);
        // the last byte is the line's end: without it the read is whole
        expect(kept).toEqual((cut >= size - 1 ? [1, 2, 3] : [1, 2]).map(message));
        // a file that had its name is never thrown away, only set aside
        expect(after.rejected).toBe(renamed && cut < size - 1 ? 1 : 0);
        expect(readdirSync(folder)).toEqual(['lock', 'rejected']);
        await after.close();
        rmSync(inFolder('rejected'), { recursive: true });
      }),
      { numRuns: 30 },
    );
  });

  it('one that cannot be read, or is none, costs no other', async () => {
    mkdirSync(inFolder('000000000001-x.json'));
    mkdirSync(inFolder('.000000000002-x.json.tmp'));
    // a file of somebody else's; the superuser may read any, so one that leads into itself stands for it
    symlinkSync('000000000003-x.json', inFolder('000000000003-x.json'));
    const spool = await openSpool(folder);
    await spool.add(message(4));
    const first = await spool.oldest();
    expect(first?.message).toEqual(message(4));
    if (first !== null) await spool.remove(first);
    expect(spool.rejected).toBe(1);
    // alone it is told, and stays
    await expect(spool.oldest()).rejects.toMatchObject({ code: 'config', retry: 'yes' });
    expect(spool.waiting).toBe(1);
    await spool.close();
  });

  it('does not stumble over bytes of any kind in a file', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        writeFileSync(inFolder('000000000001-x.json'), bytes);
        const spool = await openSpool(folder);
        await spool.add(message(2));
        expect(await drain(spool)).toEqual([message(2)]);
        expect(spool.rejected).toBeGreaterThan(0);
        await spool.close();
      }),
      { numRuns: 30 },
    );
  });
});
