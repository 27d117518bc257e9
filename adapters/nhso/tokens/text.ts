/** Text as Windows programs and Notepad leave it: UTF-8 with or without a BOM, or UTF-16 with one. */

/** Reads any bytes. Without the BOM, and without the zeros that a server puts where nothing has been written yet. */
export function decodeText(bytes: Uint8Array): string {
  return new TextDecoder(encodingOf(bytes)).decode(whole(bytes)).replace(/\0+$/, '');
}

/** The lines that hold something, without the blanks around them. */
export function linesOf(text: string): string[] {
  return text
    .split(/\r\n|\r|\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

function encodingOf([first, second]: Uint8Array): string {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  return 'utf-8';
}

/** The half of a UTF-16 unit at the end is left out: the other half is yet to be written. */
function whole(bytes: Uint8Array): Uint8Array {
  return encodingOf(bytes) === 'utf-8' ? bytes : bytes.subarray(0, bytes.length - (bytes.length % 2));
}
