/** Whether bytes are one whole JPEG picture: looked at from outside, no pixel is decoded. */

const MARKER = 0xff;
const START = 0xd8;
const END = 0xd9;
const SCAN = 0xda;
const TEMPORARY = 0x01;
/** RST0 … RST7, which stand within a scan. */
const isRestart = (code: number): boolean => code >= 0xd0 && code <= 0xd7;
/** SOF0 … SOF15 but for DHT, JPG and DAC, which lie between them: these tell height and width. */
const isFrame = (code: number): boolean => code >= 0xc0 && code <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(code);
/** Length (2), precision (1), height (2), width (2). */
const FRAME_HEAD = 7;

/**
 * True when the bytes begin with FF D8, hold segments whose lengths agree, a frame with a width and at least one scan,
 * and end with FF D9 and nothing after it. A picture that was cut short in a transfer is not one.
 */
export function isWholeJpeg(bytes: Uint8Array): boolean {
  if (bytes[0] !== MARKER || bytes[1] !== START) return false;
  let hasFrame = false;
  let hasScan = false;
  for (let at = 2; at < bytes.length; ) {
    if (bytes[at] !== MARKER) return false;
    // fill bytes may stand before a marker
    while (bytes[at + 1] === MARKER) at += 1;
    const code = bytes[at + 1];
    if (code === undefined || code === 0 || code === START || isRestart(code)) return false;
    if (code === END) return hasFrame && hasScan && at + 2 === bytes.length;
    if (code === TEMPORARY) {
      at += 2;
      continue;
    }
    const length = number(bytes, at + 2);
    if (length === null || length < 2 || at + 2 + length > bytes.length) return false;
    if (isFrame(code)) {
      if (length < FRAME_HEAD || number(bytes, at + 7) === 0) return false;
      hasFrame = true;
    }
    at += 2 + length;
    if (code === SCAN) {
      hasScan = true;
      at = endOfScan(bytes, at);
    }
  }
  return false;
}

/** Where the next marker stands that does not belong to the scan's own bytes. */
function endOfScan(bytes: Uint8Array, from: number): number {
  let at = from;
  for (;;) {
    const next = bytes.indexOf(MARKER, at);
    const code = next < 0 ? undefined : bytes[next + 1];
    if (code === undefined) return bytes.length;
    if (code !== 0 && code !== MARKER && !isRestart(code)) return next;
    at = next + (code === MARKER ? 1 : 2);
  }
}

/** Two bytes, the high one first; null beyond the end. */
function number(bytes: Uint8Array, at: number): number | null {
  const [high, low] = [bytes[at], bytes[at + 1]];
  return high === undefined || low === undefined ? null : high * 256 + low;
}
