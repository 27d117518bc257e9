/**
 * A door on the counter's own machine for programs that speak to NHSO's agent and can send no key: it takes the agent's calls,
 * adds the station's key and hands them to a bridge (`door-way.ts`). It listens on this machine only, and takes no call that a web page
 * makes behind somebody's back: the Host must be this machine's (a name that an attacker has rebound to it is not), and a
 * page's origin must be on the list.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BridgeError } from '../../src/domain/bridge-error.ts';
import { maskCitizenIds } from '../../src/domain/citizen-id.ts';
import { NoAnswer } from '../nhso/http.ts';
import { type DoorCall, DoorWay, type DoorWayOptions } from './door-way.ts';

export interface AgentDoorOptions extends DoorWayOptions {
  /** 0: any free one. */
  port: number;
  /** Origins of web pages that may call, `https://his.hospital.local`; none by itself. */
  origins: readonly string[];
}

export interface OpenAgentDoor {
  port: number;
  close(): Promise<void>;
}

const HOST = '127.0.0.1';

/** A request has a few hundred bytes. */
const LONGEST_BODY = 64 * 1024;
const SLOWEST_MS = 10_000;

/** The agent's calls; there is no other way from here to the bridge, nor to anything else. */
const GETS =
  /^\/api\/(?:smartcard\/(?:terminals|read|read-card-only|probe\/[\w-]{1,40})|nhso-service\/latest-(?:authen-code|5-authen-code-all-hospital)\/[\w-]{1,40})$/;
const POSTS = /^\/api\/nhso-service\/(?:save-as-draft|confirm-save)$/;

/** Throws BridgeError `config` when the port cannot be had. */
export async function openAgentDoor(options: AgentDoorOptions): Promise<OpenAgentDoor> {
  const { port } = options;
  const way = new DoorWay(options);
  const server = createServer({ headersTimeout: SLOWEST_MS, requestTimeout: SLOWEST_MS }, (req, res) => {
    serve(req, res, options, way).catch((error: unknown) => {
      options.log.error({ error }, 'a call at the door of the agent API could not be served');
      if (!res.headersSent) sayError(res, 500, 'authen-bridge', '/');
      else res.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const words = `--agent-api-port: cannot listen on ${HOST}:${port} (${cause.code}); does the NHSO agent use this port?`;
      reject(new BridgeError('config', words, { retry: 'no', cause }));
    });
    server.listen(port, HOST, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      await closed(server);
      await way.close();
    },
  };
}

async function serve(
  req: IncomingMessage,
  res: ServerResponse,
  options: AgentDoorOptions,
  way: DoorWay,
): Promise<void> {
  const [path = '', query = ''] = (req.url ?? '').split('?', 2);
  if (!isOwnHost(req)) return sayError(res, 403, 'Host: expected 127.0.0.1 or localhost', '/');
  const { origin } = req.headers;
  if (!isWelcome(req, options.origins)) {
    return sayError(res, 403, 'Origin: this page may not call; see --agent-api-origin of the reader', '/');
  }
  if (origin !== undefined) {
    res.setHeader('Access-Control-Allow-Origin', origin);
    res.setHeader('Vary', 'Origin');
  }
  if (req.method === 'OPTIONS') return sayWelcome(req, res);
  const isPost = req.method === 'POST' && POSTS.test(path);
  const isGet = req.method === 'GET' && GETS.test(path);
  if (!isPost && !isGet) return sayError(res, 404, 'No message available', path);
  const bytes = isPost ? await bodyOf(req) : null;
  if (bytes === 'too-large') return sayError(res, 413, 'the body is larger than any of this API', path);
  const image = /(?:^|&)readImageFlag=(?:true|on|yes|1)(?:&|$)/i.test(query) ? '?readImageFlag=true' : '';
  // a client that names no type is told so by the bridge: none is made up
  const body = bytes === null ? null : { type: req.headers['content-type'] ?? '', bytes };
  await handOn(res, { path: `${path}${image}`, body }, way);
}

/** A page whose name an attacker has made to point at this machine sends that name. */
function isOwnHost(req: IncomingMessage): boolean {
  const name = /^(.*?)(?::\d+)?$/.exec(req.headers.host ?? '')?.[1]?.toLowerCase() ?? '';
  return name === HOST || name === 'localhost';
}

/** Programs send neither header; a page's script the first, an image or a form in it the second at least. */
function isWelcome({ headers }: IncomingMessage, origins: readonly string[]): boolean {
  if (headers.origin !== undefined) return origins.includes(headers.origin);
  const site = headers['sec-fetch-site'];
  return site === undefined || site === 'none';
}

/** The answer to a browser that asks before it calls. */
function sayWelcome(req: IncomingMessage, res: ServerResponse): void {
  res.setHeader('Access-Control-Allow-Methods', 'GET,POST,OPTIONS');
  res.setHeader('Access-Control-Allow-Headers', 'content-type');
  if (req.headers['access-control-request-private-network'] === 'true') {
    res.setHeader('Access-Control-Allow-Private-Network', 'true');
  }
  res.writeHead(200).end();
}

async function bodyOf(req: IncomingMessage): Promise<Buffer | 'too-large'> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of req as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > LONGEST_BODY) return 'too-large';
    parts.push(part);
  }
  return Buffer.concat(parts);
}

async function handOn(res: ServerResponse, call: DoorCall, way: DoorWay): Promise<void> {
  try {
    const { status, contentType, text } = await way.send(call);
    res.writeHead(status, {
      ...(contentType === '' ? {} : { 'content-type': contentType }),
      'content-length': Buffer.byteLength(text),
    });
    res.end(text);
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    const words =
      'ติดต่อระบบ authen-bridge ไม่ได้ กรุณาลองใหม่ · authen-bridge cannot be reached. Please try again.';
    sayError(res, 500, words, '/');
  }
}

const REASONS: Readonly<Record<number, string>> = {
  403: 'Forbidden',
  404: 'Not Found',
  413: 'Payload Too Large',
  500: 'Internal Server Error',
};

/** In the agent's form. */
function sayError(res: ServerResponse, status: number, message: string, path: string): void {
  const timestamp = new Date().toISOString().replace('Z', '+00:00');
  const shown = maskCitizenIds(path).slice(0, 200);
  const body = JSON.stringify({ timestamp, status, error: REASONS[status] ?? 'Error', message, path: shown });
  res.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  res.end(body);
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
