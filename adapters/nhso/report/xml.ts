/**
 * XML out of a part, element by element. Nothing is ever looked up or expanded: a part with a DOCTYPE, and with it any
 * entity of its own, is refused; so is a text, a tag or a depth beyond what a workbook has.
 */

import { TextDecoder } from 'node:util';
import { SaxesParser } from 'saxes';
import { damaged, Refusal, SAVE_AS_XLSX, tooLarge } from './refusal.ts';

/** Bytes between two tags, and in one: Excel's longest cell has 32,767 characters. */
const QUIET_MAX = 1024 * 1024;
const DEPTH_MAX = 64;

export interface XmlHandler {
  /** Names come without their prefix: some programs write `x:row`. */
  open(name: string, attributes: Readonly<Record<string, string>>): void;
  close(name: string): void;
  text(text: string): void;
}

/**
 * Feeds the handler chunk by chunk and yields after each, so that the caller can take what has come together. Throws a
 * {@link Refusal}.
 */
export async function* readXml(
  bytes: AsyncIterable<Buffer>,
  handler: XmlHandler,
): AsyncGenerator<void, void, undefined> {
  const parser = new SaxesParser({ position: false, xmlns: false as const });
  let depth = 0;
  let quiet = 0;
  parser.on('opentag', ({ name, attributes }) => {
    quiet = 0;
    if (++depth > DEPTH_MAX) throw tooLarge();
    handler.open(localName(name), attributes);
  });
  parser.on('closetag', ({ name }) => {
    quiet = 0;
    depth -= 1;
    handler.close(localName(name));
  });
  parser.on('text', (text) => handler.text(text));
  parser.on('cdata', (text) => handler.text(text));
  parser.on('doctype', () => {
    throw withDoctype();
  });
  // its message quotes the file
  parser.on('error', () => {
    throw damaged();
  });
  let decoder: TextDecoder | undefined;
  for await (const chunk of bytes) {
    decoder ??= decoderFor(chunk);
    quiet += chunk.length;
    parser.write(decode(decoder, chunk));
    if (quiet > QUIET_MAX) throw tooLarge();
    yield;
  }
  if (decoder !== undefined) parser.write(decode(decoder));
  parser.close();
  yield;
}

function localName(name: string): string {
  const colon = name.indexOf(':');
  return colon < 0 ? name : name.slice(colon + 1);
}

function decoderFor(first: Buffer): TextDecoder {
  const isUtf16 = first[0] === 0xff && first[1] === 0xfe;
  return new TextDecoder(isUtf16 ? 'utf-16le' : 'utf-8', { fatal: true });
}

function decode(decoder: TextDecoder, chunk?: Buffer): string {
  try {
    return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
  } catch {
    throw damaged();
  }
}

function withDoctype(): Refusal {
  return new Refusal(
    { en: 'The file holds what no workbook of Excel does (a DOCTYPE).', th: 'ไฟล์มีส่วนที่ Excel ไม่ใช้ (DOCTYPE)' },
    SAVE_AS_XLSX,
  );
}
