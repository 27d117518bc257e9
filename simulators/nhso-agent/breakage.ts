/** Sends an answer that goes wrong in the way that was ordered. */

import type { Response } from 'express';
import type { Breakage } from './calls.ts';
import { errorBody, SpringFault, sendJson } from './spring.ts';

const UNREACHABLE = 'I/O error on POST request for "https://nhso.invalid/authencode": Read timed out';

const PROXY_PAGE =
  '<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head>' +
  '<body><center><h1>502 Bad Gateway</h1></center><hr><center>nginx</center></body></html>';

/**
 * `answer` is what would have been said (a part of it is sent by the two cuts). Returns the status that was sent, null
 * when none was.
 */
export function breakAnswer(
  res: Response,
  how: Breakage,
  answer: unknown,
  path: string,
  now: number,
): number | null {
  const text = Buffer.from(JSON.stringify(answer ?? { timestamp: new Date(now).toISOString(), status: 200 }));
  switch (how) {
    case '500':
      sendJson(res, 500, errorBody(new SpringFault(500, UNREACHABLE), path, now));
      return 500;
    case 'html':
      res.writeHead(502, { 'content-type': 'text/html' }).end(PROXY_PAGE);
      return 502;
    case 'empty':
      res.writeHead(200, { 'content-length': 0 }).end();
      return 200;
    case 'cut-json': {
      const part = text.subarray(0, Math.ceil(text.length / 2));
      res.writeHead(200, { 'content-type': 'application/json', 'content-length': part.length }).end(part);
      return 200;
    }
    case 'cut-body':
      res.writeHead(200, { 'content-type': 'application/json', 'content-length': text.length });
      res.write(text.subarray(0, Math.ceil(text.length / 2)), () => res.destroy());
      return 200;
    case 'drop':
      res.destroy();
      return null;
    case 'reset':
      res.socket?.resetAndDestroy();
      return null;
    case 'timeout':
      // the line stays open until the caller gives up or the agent is stopped
      return null;
  }
}
