/**
 * The Windows package, as far as it can be seen without Windows: what is in the zip, that its programs are Windows
 * programs, and that WinSW knows every word of its configuration.
 */

import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sax from 'sax';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPromise } from 'yauzl';
import type { Built } from '../../packaging/debian/build.ts';
import { buildWindows } from '../../packaging/windows/build.ts';
import { WINSW_VERSION } from '../../packaging/windows/winsw.ts';

const EPOCH = Date.UTC(2026, 10, 20, 3, 4, 6) / 1_000;
const TITLE = 'authen-bridge-reader_0.0.1_windows-x64';

describe('the Windows package', () => {
  let folder: string;
  let built: Built;
  let files: Map<string, Buffer>;

  const pack = (out: string): Promise<Built> => {
    const release = { version: '0.0.1', epoch: EPOCH, isChanged: false };
    return buildWindows({
      root: process.cwd(),
      release,
      out,
      stage: join(folder, 'stage'),
      say: () => undefined,
    });
  };
  const file = (path: string): Buffer => {
    const found = files.get(`${TITLE}/${path}`);
    if (found === undefined) throw new Error(`the zip has no ${path}`);
    return found;
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'authen-bridge-zip-test-'));
    built = await pack(folder);
    files = await unzip(built.file);
  }, 600_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('is the same to the byte when it is made again, in whatever time zone', {
    timeout: 300_000,
  }, async () => {
    const zone = process.env.TZ;
    process.env.TZ = 'Asia/Bangkok';
    try {
      const again = await pack(join(folder, 'again'));
      expect(sum(again.file)).toBe(sum(built.file));
    } finally {
      if (zone === undefined) delete process.env.TZ;
      else process.env.TZ = zone;
    }
  });

  test('holds the program and what installs it, and nothing of other systems', () => {
    const names = [...files.keys()].map((name) => name.slice(TITLE.length + 1));
    expect(names).toEqual(
      expect.arrayContaining([
        ...[
          'bin/node.exe',
          'bin/LICENSE.node.txt',
          'packaging/counter/start.ts',
          'src/launch.mjs',
          'package.json',
        ],
        ...['authen-bridge-reader.exe', 'authen-bridge-reader.exe.config', 'authen-bridge-reader.xml'],
        ...['install.ps1', 'uninstall.ps1', 'status.cmd', 'INSTALL.md', 'LICENSE', 'THIRD-PARTY.txt'],
        ...['node_modules/better-sqlite3/prebuilds/win32-x64.node', 'node_modules/undici/LICENSE'],
      ]),
    );
    const binaries = names.filter((name) => /\.(node|exe|dll)$/.test(name));
    const ours = [
      'authen-bridge-reader.exe',
      'bin/node.exe',
      'node_modules/better-sqlite3/prebuilds/win32-x64.node',
    ];
    const pcsc =
      built.program.direct === 'missing' ? [] : ['node_modules/@pcsc-mini/windows-x86_64-node/addon.node'];
    expect(binaries.sort()).toEqual([...ours, ...pcsc].sort());
    // Windows' own limit for a path is 260, "C:\Program Files\authen-bridge-reader\" included
    expect(Math.max(...names.map((name) => name.length))).toBeLessThan(200);
  });

  test('every binary is a Windows program for x64; WinSW is for any', () => {
    for (const [name, content] of files) {
      if (!/\.(node|exe)$/.test(name)) continue;
      expect(machineOf(content), name).toBe(name.endsWith('reader.exe') ? 0x014c : 0x8664);
    }
  });

  test('WinSW is the one that was looked at, and knows every key of its configuration', () => {
    const program = file('authen-bridge-reader.exe');
    expect(program.includes(Buffer.from(WINSW_VERSION, 'utf16le'))).toBe(true);
    // a .NET program holds each of its texts as its length in bytes and one more, then UTF-16; some keys it looks for by XPath
    const holds = (text: string): boolean =>
      program.includes(Buffer.concat([Buffer.of(text.length * 2 + 1), Buffer.from(text, 'utf16le')]));
    const knows = (key: string): boolean => holds(key) || holds(`//${key}`);
    const { elements, attributes } = keysOf(file('authen-bridge-reader.xml').toString('utf8'));
    expect(elements).toEqual(
      expect.arrayContaining(['id', 'executable', 'argument', 'logpath', 'log', 'stoptimeout']),
    );
    for (const key of [...elements, ...attributes].filter((name) => name !== 'service')) {
      expect(knows(key), key).toBe(true);
    }
    // of a later WinSW
    expect(knows('delayedAutoStart')).toBe(false);
  });

  test('what WinSW starts is in the zip', () => {
    const xml = file('authen-bridge-reader.xml').toString('utf8');
    const started = [...xml.matchAll(/%BASE%\\([^<\s]+)/g)].map(([, path = '']) =>
      path.replaceAll('\\', '/'),
    );
    expect(started).toEqual(['bin/node.exe', 'packaging/counter/start.ts']);
    for (const path of started) expect(file(path).length).toBeGreaterThan(0);
  });

  test('its scripts are plain ASCII with the line ends of Windows, and never show the key', () => {
    for (const script of ['install.ps1', 'uninstall.ps1', 'status.cmd']) {
      const text = file(script).toString('latin1');
      // Windows PowerShell reads a script without a mark in the code page of the machine
      expect(text, script).toMatch(/^[\t\n\r\u0020-\u007e]*$/);
      expect(text.replaceAll('\r\n', ''), script).not.toContain('\n');
    }
    const install = file('install.ps1').toString('latin1');
    expect(install.match(/.*\$key\b.*/g)?.filter((line) => /Write-|Invoke-Tool|sc\.exe/.test(line))).toEqual(
      [],
    );
    expect(install).toContain('-AsSecureString');
  });
});

function sum(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** The field Machine of a PE program's header. */
function machineOf(program: Buffer): number {
  expect(program.toString('latin1', 0, 2)).toBe('MZ');
  const header = program.readUInt32LE(0x3c);
  expect(program.toString('latin1', header, header + 4)).toBe('PE\0\0');
  return program.readUInt16LE(header + 4);
}

function keysOf(xml: string): { elements: string[]; attributes: string[] } {
  const elements = new Set<string>();
  const attributes = new Set<string>();
  const parser = sax.parser(true);
  parser.onopentag = ({ name, attributes: own }) => {
    elements.add(name);
    for (const attribute of Object.keys(own)) attributes.add(attribute);
  };
  parser.onerror = (error) => {
    throw error;
  };
  parser.write(xml).close();
  return { elements: [...elements], attributes: [...attributes] };
}

async function unzip(path: string): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  const zip = await openPromise(path);
  try {
    for await (const entry of zip.eachEntry()) {
      const chunks: Buffer[] = [];
      for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(chunk as Buffer);
      files.set(entry.fileName, Buffer.concat(chunks));
    }
  } finally {
    zip.close();
  }
  return files;
}
