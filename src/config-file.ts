/** Reads a configuration file as a person writes it: JSON, with a byte order mark, comments or a comma too many. */

import { readFileSync } from 'node:fs';
import { type ParseError, parse, printParseErrorCode, visit } from 'jsonc-parser';
import { BridgeError } from './domain/bridge-error.ts';

/**
 * Throws BridgeError `config` with the place of the first fault. The file's own text is never quoted: it may be a
 * password that stands there.
 */
export function readConfigFile(file: string): unknown {
  const text = decode(file, read(file));
  try {
    return parseText(file, text);
  } catch (cause) {
    // the parser goes down one call a level
    if (!(cause instanceof RangeError)) throw cause;
    throw new BridgeError('config', `${file}: expected nothing that deep`, { retry: 'no' });
  }
}

function parseText(file: string, text: string): unknown {
  const errors: ParseError[] = [];
  const value: unknown = parse(text, errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first !== undefined) refuse(file, text, first.offset, `not JSON: ${words(first.error)}`);
  refuseTwice(file, text);
  return value;
}

function read(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'error';
    const why =
      code === 'ENOENT' ? 'there is no such file; name yours with --config' : `cannot be read (${code})`;
    throw new BridgeError('config', `${file}: ${why}`, { retry: 'no', cause });
  }
}

function decode(file: string, bytes: Buffer): string {
  try {
    // leaves a byte order mark out, as Windows' editors put it in
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new BridgeError('config', `${file}: is not UTF-8 text; save it with the encoding UTF-8`, {
      retry: 'no',
    });
  }
}

/** The second of two keys of one name would win in silence. */
function refuseTwice(file: string, text: string): void {
  const seen: Set<string>[] = [];
  visit(text, {
    onObjectBegin: () => {
      seen.push(new Set());
    },
    onObjectEnd: () => {
      seen.pop();
    },
    onObjectProperty: (name, offset) => {
      const keys = seen.at(-1);
      if (keys?.has(name) === true || name === '__proto__') {
        refuse(file, text, offset, `key ${JSON.stringify(name)} stands twice, or where it may not`);
      }
      keys?.add(name);
    },
  });
}

function refuse(file: string, text: string, offset: number, what: string): never {
  const before = text.slice(0, offset).split('\n');
  const place = `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
  throw new BridgeError('config', `${file}, ${place}: ${what}`, { retry: 'no' });
}

/** `CommaExpected` → "comma expected" */
function words(error: ParseError['error']): string {
  const name = printParseErrorCode(error);
  // how a Windows path is mostly written at the first try
  if (name === 'InvalidEscapeCharacter') return 'a backslash must be written twice ("\\\\")';
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).trim();
}
