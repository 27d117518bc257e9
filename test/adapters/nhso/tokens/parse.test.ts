/** The forms of NHSO's token files: what is taken, what may pass, what is another form; and that nothing of it is repeated. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSrmAnswer, parseSrmFile, timesOf } from '../../../../adapters/nhso/tokens/srm-text.ts';
import { parseUcToken } from '../../../../adapters/nhso/tokens/uc-file.ts';
import { type BridgeError, isBridgeError } from '../../../../src/domain/bridge-error.ts';
import { CID, ENCODINGS, jwt, leaks, REFRESH, UC_TOKEN } from './given.ts';

const UC_LINE = `${CID}#${UC_TOKEN}`;
const ACCESS = jwt({ sub: 'nobody', exp: 1_795_000_000 });
const SRM_TEXT = `access-token=${ACCESS}\r\nrefresh-token=${REFRESH}\r\n`;

const parseUc = (bytes: Uint8Array) => parseUcToken(bytes, 'file x');
const parseSrm = (bytes: Uint8Array) => parseSrmFile(bytes, 'file x');

/** The error that reading it ends in. */
function faultOf(read: () => unknown): BridgeError {
  try {
    read();
  } catch (error) {
    if (isBridgeError(error, 'token-unreadable')) return error;
    throw error;
  }
  throw new Error('expected it to be refused');
}

describe('nhso_token.txt', () => {
  describe.each(Object.entries(ENCODINGS))('%s', (_, encode) => {
    it.each([
      ['', ''],
      ['', '\r\n'],
      ['', '\n\n\r\n  \r\n'],
      ['\r\n ', ' '],
    ])('with %j before and %j after', (before, after) => {
      expect(parseUc(encode(`${before}${UC_LINE}${after}`))).toEqual({ value: UC_TOKEN, account: CID });
    });

    it('cut off at any byte, once it is more than a BOM, it may pass', () => {
      const bytes = encode(UC_LINE);
      for (let length = 4; length < bytes.length; length++) {
        expect(faultOf(() => parseUc(bytes.subarray(0, length))).retry).toBe('yes');
      }
    });
  });

  it('zeros where nothing has been written yet may pass', () => {
    expect(faultOf(() => parseUc(Buffer.alloc(30))).retry).toBe('yes');
    expect(
      faultOf(() => parseUc(Buffer.concat([Buffer.from(UC_LINE.slice(0, 20)), Buffer.alloc(10)]))).retry,
    ).toBe('yes');
  });

  it.each(['', '\r\n', '\uFEFF', '   '])('holds nothing: %j', (text) => {
    expect(parseUc(Buffer.from(text))).toBeNull();
  });

  it.each([
    ['a token that is too long', `${UC_LINE}x`],
    ['capital letters', `${CID}#${UC_TOKEN.toUpperCase()}`],
    ['a citizen id of 12 digits', `${CID.slice(1)}#${UC_TOKEN}`],
    ['a wrong check digit', `${CID.slice(0, 12)}${(Number(CID[12]) + 1) % 10}#${UC_TOKEN}`],
    ['two lines', `${UC_LINE}\r\n${UC_LINE}`],
    ['another separator', `${CID};${UC_TOKEN}`],
    ['a page of HTML', '<html><body>Sign in</body></html>'],
    ['text in Thai', 'กรุณาเข้าสู่ระบบ'],
  ])('of another form: %s', (_, text) => {
    const fault = faultOf(() => parseUc(Buffer.from(text)));
    expect(fault.retry).toBe('no');
    expect(fault.message).toMatch(/^file x: .*(expected|check digit)/);
    expect(leaks(fault.message, text)).toBe(false);
  });
});

describe('token.txt of SRM', () => {
  describe.each(Object.entries(ENCODINGS))('%s', (_, encode) => {
    it.each([
      SRM_TEXT,
      `access-token=${ACCESS}\nrefresh-token=${REFRESH}`,
      `\r\nrefresh-token=${REFRESH}\r\n\r\nACCESS_TOKEN = ${ACCESS}\r\n\r\n`,
      `# SRM\naccess-token="${ACCESS}"\nrefresh-token="${REFRESH}"\n`,
    ])('form %#', (text) => {
      expect(parseSrm(encode(text))).toEqual({ value: ACCESS, refresh: REFRESH });
    });
  });

  it('cut off anywhere before the refresh token has its length it is nothing, or may pass', () => {
    for (let length = 0; length < SRM_TEXT.length - REFRESH.length + 12; length++) {
      const cut = Buffer.from(SRM_TEXT.slice(0, length));
      if (length === 0) expect(parseSrm(cut)).toBeNull();
      else expect(faultOf(() => parseSrm(cut)).retry).toBe('yes');
    }
    expect(faultOf(() => parseSrm(Buffer.alloc(300))).retry).toBe('yes');
  });

  it.each([
    ['neither line', 'token=abcdefghijklmnopqrstuvwxyz'],
    ['blanks within a token', `access-token=abcdefgh ijklmnopqrst\nrefresh-token=${REFRESH}`],
    ['Thai in a token', `access-token=กขคกขคกขคกขคกขคกขค\nrefresh-token=${REFRESH}`],
    ['UC Authentication’s file', UC_LINE],
  ])('of another form: %s', (_, text) => {
    const fault = faultOf(() => parseSrm(Buffer.from(text)));
    expect(fault.retry).toBe('no');
    expect(fault.message).toContain('expected');
    expect(leaks(fault.message, text)).toBe(false);
  });

  it.each([
    ['JSON with underscores', JSON.stringify({ access_token: ACCESS, refresh_token: REFRESH })],
    [
      'JSON with dashes',
      JSON.stringify({ 'access-token': ACCESS, 'refresh-token': REFRESH, expires_in: 3600 }),
    ],
    [
      'JSON within data',
      JSON.stringify({ status: 'ok', data: { accessToken: ACCESS, refreshToken: REFRESH } }),
    ],
    ['the lines of the file', SRM_TEXT],
  ])('the portal answers: %s', (_, text) => {
    expect(parseSrmAnswer(text)).toEqual({ value: ACCESS, refresh: REFRESH });
  });

  it('an answer without a refresh token keeps the old one; one without an access token is none', () => {
    expect(parseSrmAnswer(JSON.stringify({ access_token: ACCESS }))).toEqual({
      value: ACCESS,
      refresh: null,
    });
    for (const text of [
      '',
      '{}',
      'null',
      '[]',
      '"x"',
      '{"error":"invalid_grant"}',
      '<html>',
      '{"access_token":',
    ]) {
      expect(parseSrmAnswer(text)).toBeNull();
    }
  });

  it('a JWT tells when it was made and when it ends; what it says must be a time', () => {
    expect(timesOf(jwt({ iat: 1_790_000_000, exp: 1_790_003_600 }))).toEqual({
      issuedAt: 1_790_000_000_000,
      expiresAt: 1_790_003_600_000,
    });
    const silent = { issuedAt: null, expiresAt: null };
    expect(timesOf(jwt({ iat: 'now', exp: -5 }))).toEqual(silent);
    expect(timesOf(jwt({ exp: 1e300 }))).toEqual(silent);
    expect(timesOf('no-jwt-at-all-0123456789')).toEqual(silent);
  });
});

describe('whatever bytes lie there', () => {
  const nearly = fc
    .tuple(fc.constantFrom(UC_LINE, SRM_TEXT), fc.nat(400), fc.nat(3), fc.uint8Array({ maxLength: 6 }))
    .map(([text, at, drop, put]) => {
      const bytes = Buffer.from(text);
      const where = at % bytes.length;
      return Buffer.concat([bytes.subarray(0, where), put, bytes.subarray(where + drop)]);
    });
  const any = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.string({ unit: 'binary', maxLength: 100 }).map((text) => Buffer.from(text)),
    fc.string({ maxLength: 100 }).map((text) => Buffer.from(`\uFEFF${text}`, 'utf16le')),
    nearly,
  );

  it.each([
    ['nhso_token.txt', parseUc],
    ['token.txt', parseSrm],
  ])('%s is a token, nothing, or a clear error without its content', (_, parse) => {
    fc.assert(
      fc.property(any, (bytes) => {
        try {
          const found = parse(bytes);
          if (found !== null) expect(found.value).toMatch(/^[\x21-\x7e]{16,}$/);
        } catch (error) {
          if (!isBridgeError(error, 'token-unreadable')) throw error;
          expect(error.message).toMatch(/^file x: /);
          const texts = [Buffer.from(bytes).toString('latin1'), Buffer.from(bytes).toString('utf16le')];
          for (const text of texts) {
            expect(leaks(error.message, text)).toBe(false);
          }
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('the answer of the portal never breaks the reader', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), nearly.map(String)), (text) => {
        const found = parseSrmAnswer(text);
        if (found !== null) expect(found.value).toMatch(/^[\x21-\x7e]{16,}$/);
      }),
      { numRuns: 1_000 },
    );
  });
});
