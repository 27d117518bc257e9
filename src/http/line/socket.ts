/** A WebSocket as the port's `LineSocket`: alive or ended within seconds, whatever the other side does. */

import type { RawData, WebSocket } from 'ws';
import type { LineEnd, LineSocket } from '../../service/ports/agent-lines.ts';

/** Between two pings, ms; the worker takes their absence for the bridge's. */
const PING_MS = 3_000;
/** So many pings after which nothing was heard: the other side is gone. Counted, since this process itself may have stood still. */
const MOST_UNHEARD = 2;

/** An agent's answer and what JSON makes of it; whatever is longer ends the line. */
export const MOST_BYTES = 1024 * 1024;
/** Frames of any kind between two pings; two are sent for each call. */
const MOST_FRAMES = 20_000;
const GOODBYE_MS = 2_000;
/** Unsent bytes: the other side takes nothing. */
const MOST_WAITING = 256 * 1024;

/** Numbers of RFC 6455; from 4000 on they are ours. */
const CODES: Record<LineEnd, number> = {
  'bridge-stops': 1001,
  'not-understood': 1008,
  replaced: 4001,
  'key-refused': 4003,
};

export function lineSocket(ws: WebSocket): LineSocket {
  let unheard = 0;
  let frames = 0;
  const heard = (): void => {
    unheard = 0;
    frames += 1;
    if (frames > MOST_FRAMES) ws.terminate();
  };
  const turn = setInterval(() => {
    frames = 0;
    if (unheard >= MOST_UNHEARD) ws.terminate();
    else if (ws.readyState === ws.OPEN) ws.ping();
    unheard += 1;
  }, PING_MS);
  ws.on('ping', heard);
  ws.on('pong', heard);
  ws.once('close', () => clearInterval(turn));
  // 'close' follows, and says all there is to say
  ws.on('error', () => ws.terminate());
  return {
    send(text) {
      if (ws.readyState !== ws.OPEN) return false;
      if (ws.bufferedAmount > MOST_WAITING) {
        ws.terminate();
        return false;
      }
      ws.send(text);
      return true;
    },
    close(why) {
      ws.close(CODES[why], why);
      // the other side may be gone already, and say no goodbye
      setTimeout(() => ws.terminate(), GOODBYE_MS).unref();
    },
    listen({ text, closed }) {
      ws.on('message', (data: RawData, isBinary: boolean) => {
        heard();
        // a frame of bytes is none of ours; as text it would be no JSON either
        text(isBinary ? '' : String(data));
      });
      ws.once('close', closed);
    },
  };
}
