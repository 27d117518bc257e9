/** Sends an answer that goes wrong in the way that was ordered. */

import type { Response } from 'express';
import { type Said, send } from './said.ts';

/**
 * How an answer can go wrong on its way.
 * - `500`: the service's own error answer · `html`: a proxy's error page (502) · `timeout`: nothing comes, the line stays open
 * - `reset`: RST · `drop`: orderly close without an answer
 * - `empty`: 200 and not a byte
 * - `cut-json`: a whole HTTP answer whose JSON (or XML) is cut · `cut-body`: fewer bytes than Content-Length says
 * - `wrong-type`: all that should be said, as a page: what a proxy makes of it that knows better
 */
export const BREAKAGES = [
  '500',
  'timeout',
  'html',
  'reset',
  'drop',
  'empty',
  'cut-json',
  'cut-body',
  'wrong-type',
] as const;

export type Breakage = (typeof BREAKAGES)[number];

const PROXY_PAGE =
  '<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head>' +
  '<body><center><h1>502 Bad Gateway</h1></center><hr><center>nginx</center></body></html>';

/**
 * `said` is what would have been said (a part of it is sent by the two cuts), `failure` the service's own 500. Returns the
 * status that was sent, null when none was.
 */
export function breakAnswer(res: Response, how: Breakage, said: Said, failure: Said): number | null {
  const { type } = said;
  const text = Buffer.from(said.text);
  const half = text.subarray(0, Math.ceil(text.length / 2));
  switch (how) {
    case '500':
      send(res, failure);
      return failure.status;
    case 'html':
      res.writeHead(502, { 'content-type': 'text/html' }).end(PROXY_PAGE);
      return 502;
    case 'empty':
      res.writeHead(200, { 'content-length': 0 }).end();
      return 200;
    case 'cut-json':
      res.writeHead(200, { 'content-type': type, 'content-length': half.length }).end(half);
      return 200;
    case 'cut-body':
      res.writeHead(200, { 'content-type': type, 'content-length': text.length });
      res.write(half, () => res.destroy());
      return 200;
    case 'wrong-type':
      send(res, { ...said, type: 'text/html; charset=UTF-8' });
      return said.status;
    case 'drop':
      res.destroy();
      return null;
    case 'reset':
      res.socket?.resetAndDestroy();
      return null;
    case 'timeout':
      // the line stays open until the caller gives up or the simulator is stopped
      return null;
  }
}
