import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openLedger } from '../../../db/open-ledger.ts';
import { KeyFile } from '../../../db/secrets/key-file.ts';
import { newKey } from '../../../db/secrets/keyring.ts';
import { secretsOf } from '../../../db/secrets/secrets.ts';
import { sampleCitizenId } from '../../support/samples.ts';
import { sampleKey } from '../contract/secret-keys.ts';
import { found } from '../contract/tokens.ts';
import { endWorkers, startWorkers } from './workers.ts';

let root: string;
let folder: string;
let path: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'key-file-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));
beforeEach(() => {
  folder = mkdtempSync(join(root, 't-'));
  path = join(folder, 'secret.key');
});

function put(text: string, mode = 0o600): void {
  writeFileSync(path, text);
  chmodSync(path, mode);
}

describe('made', () => {
  test('with its folder, readable by its owner alone, and nothing beside it', async () => {
    path = join(folder, 'deep', 'data', 'secret.key');
    const file = new KeyFile(path);
    expect(await file.read()).toBeNull();
    const made = await file.make();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'deep')).mode & 0o777).toBe(0o700);
    expect(readFileSync(path, 'utf8')).toMatch(/^k[0-9a-f]{8}:[A-Za-z0-9+/]{43}=\n$/);
    expect((await file.read())?.first.id).toBe(made.first.id);
    expect(readdirSync(dirname(path))).toEqual(['secret.key']);
  });

  test('only when it is not there', async () => {
    put(`mine:${sampleKey(1)}`);
    expect((await new KeyFile(path).make()).first.id).toBe('mine');
    expect(readFileSync(path, 'utf8')).toBe(`mine:${sampleKey(1)}`);
  });

  test('where it cannot be, it is told how to go on', async () => {
    writeFileSync(join(folder, 'a-file'), '');
    const told = await new KeyFile(join(folder, 'a-file', 'secret.key')).make().catch((e: unknown) => e);
    expect(told).toMatchObject({ code: 'config', retry: 'no' });
    expect(String(told)).toMatch(/cannot be made.*Give its folder to the user.*umask 077; node -p/);
  });

  test('by processes that start at the same moment: one key, and every token opens', {
    timeout: 240_000,
  }, async () => {
    const store = `sqlite:${join(folder, 'bridge.db')}`;
    const hcodes = ['10971', '10972', '10973', '10974'];
    const workers = await startWorkers({ store, keyFile: path, hcodes, go: join(folder, 'go') });
    for (const { code, faults } of await endWorkers(workers))
      expect({ code, faults }).toEqual({ code: 0, faults: '' });
    expect((await new KeyFile(path).read())?.keys).toHaveLength(1);
    expect(readdirSync(folder).filter((name) => name.startsWith('secret.key'))).toEqual(['secret.key']);
    const ledger = await openLedger(store, { secrets: { keyFile: path } });
    expect((await ledger.tokens.list()).map((token) => token.hcode)).toEqual(hcodes);
    await ledger.close();
  });
});

describe('read', () => {
  test.each([
    ['as Windows’ Notepad writes it', `\uFEFFa:${sampleKey(1)}\r\nb:${sampleKey(2)}\r\n`, ['a', 'b']],
    ['without an end of line', `a:${sampleKey(1)}`, ['a']],
  ])('%s', async (_, text, ids) => {
    put(text);
    expect((await new KeyFile(path).read())?.keys.map((key) => key.id)).toEqual(ids);
  });

  test.each([
    ['empty', ''],
    ['of another length', `a:${Buffer.alloc(16).toString('base64')}`],
    ['cut off', `a:${sampleKey(1).slice(0, 30)}`],
    ['binary', '\0\u0001\u0002'],
  ])('a file that is %s is damaged: told with the next step, and left alone', async (_, text) => {
    put(text);
    const secrets = secretsOf({ keyFile: path });
    for (const call of [() => secrets.ring(), () => secrets.make()]) {
      const told = await call().catch((e: unknown) => e);
      expect(told).toMatchObject({ code: 'config', retry: 'no' });
      expect(String(told)).toContain(path);
      expect(String(told)).toMatch(/Put it back from its copy; .*npm run tokens -- forget/);
    }
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  test.each([0o644, 0o640, 0o604, 0o660])(
    'rights of %o are refused, with the command that mends them',
    async (mode) => {
      put(`a:${sampleKey(1)}`, mode);
      const told = await new KeyFile(path).read().catch((e: unknown) => e);
      expect(told).toMatchObject({ code: 'config', retry: 'no' });
      expect(String(told)).toContain(`chmod 600 ${path}`);
      chmodSync(path, 0o600);
      expect((await new KeyFile(path).read())?.first.id).toBe('a');
    },
  );

  test('something that is no file, or far too large', async () => {
    mkdirSync(path);
    chmodSync(path, 0o700);
    await expect(new KeyFile(path).read()).rejects.toMatchObject({ code: 'config' });
    rmSync(path, { recursive: true });
    put('x'.repeat(100_000));
    await expect(new KeyFile(path).read()).rejects.toThrow(/100000 bytes/);
  });
});

describe('changed', () => {
  test('in one step, private as before; through a link, what it leads to', async () => {
    const real = join(folder, 'elsewhere');
    mkdirSync(real);
    const target = join(real, 'the.key');
    await new KeyFile(target).make();
    symlinkSync(target, path);
    const file = new KeyFile(path);
    const [one, two] = [newKey(), newKey()];
    file.replace([one, two]);
    expect((await file.read())?.keys.map((key) => key.id)).toEqual([one.id, two.id]);
    expect(statSync(target).mode & 0o777).toBe(0o600);
    expect(readdirSync(real)).toEqual(['the.key']);
  });

  test('what a killed process left is removed, and nothing else', async () => {
    const file = new KeyFile(path);
    await file.make();
    writeFileSync(`${path}.0b4e.new`, `a:${sampleKey(1)}`);
    writeFileSync(join(folder, 'other.new'), '');
    file.removeLeftOvers();
    expect(readdirSync(folder).toSorted()).toEqual(['other.new', 'secret.key']);
  });

  test('a file that is not there is not made by it', () => {
    expect(() => new KeyFile(path).replace([newKey()])).toThrow(/cannot be changed/);
    expect(existsSync(path)).toBe(false);
  });
});

test('the files of a ledger, its log among them, hold no token and no account', async () => {
  const db = join(folder, 'bridge.db');
  const ledger = await openLedger(`sqlite:${db}`, { secrets: { keyFile: path } });
  await ledger.migrate();
  const secret = { ...found(1), refresh: 'a-refresh-token-of-srm' };
  await ledger.tokens.put('10978', 'uc', 0, secret);
  await ledger.tokens.put('10978', 'uc', 1, { ...found(2), account: sampleCitizenId(2) });
  await ledger.tokens.reseal();
  const look = (): void => {
    const bytes = Buffer.concat(
      readdirSync(folder)
        .filter((name) => name.startsWith('bridge.db'))
        .map((name) => readFileSync(join(folder, name))),
    );
    // what is not secret is there: the right files were looked at
    expect(bytes.includes(secret.source)).toBe(true);
    const accounts = [sampleCitizenId(1), sampleCitizenId(2)];
    for (const text of [secret.value, found(2).value, secret.refresh, ...accounts]) {
      expect(bytes.includes(text), text.slice(0, 5)).toBe(false);
    }
  };
  look();
  await ledger.close();
  new Database(db).exec('vacuum').close();
  look();
});
