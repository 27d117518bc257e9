/** Starts an NHSO Secure SmartCard Agent in miniature on a real port. */

import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type ErrorRequestHandler, type RequestHandler } from 'express';
import { NhsoCentre } from './centre.ts';
import { AgentControl } from './control.ts';
import { controlRoutes } from './control-routes.ts';
import { Faults } from './faults.ts';
import type { JournalEntry } from './journal.ts';
import { agentRoutes } from './routes.ts';
import type { AgentState } from './serve.ts';
import { errorBody, SpringFault, sendJson } from './spring.ts';

export interface NhsoAgentOptions {
  /** 0 (default) takes a free one. */
  port?: number;
  host?: string;
  /** Hospital whose token the agent holds. */
  hcode?: string;
  /** Shared by several agents; an own one when left out. */
  centre?: NhsoCentre;
  zone?: 'test' | 'prod';
  /** Milliseconds before each answer. */
  delayMs?: number;
  terminalName?: string;
  /** Told of each call. The entry holds the citizen id: mask it before it is shown. */
  onCall?: (entry: JournalEntry) => void;
}

export interface NhsoAgentSimulator {
  url: string;
  port: number;
  control: AgentControl;
  close(): Promise<void>;
}

export async function startNhsoAgent(options: NhsoAgentOptions = {}): Promise<NhsoAgentSimulator> {
  const { port = 0, host = '127.0.0.1', hcode = '10978', zone = 'test', delayMs = 0 } = options;
  const agent: AgentState = {
    centre: options.centre ?? new NhsoCentre(),
    hcode,
    zone,
    faults: new Faults(delayMs),
    terminalName: options.terminalName ?? 'Virtual Smart Card Reader 0',
    name: hcode,
    readerPlugged: true,
    card: null,
    onCall: options.onCall ?? null,
  };
  const server = createServer();
  // Tomcat's default; longer than Node's, so that a caller's own limit is what ends an idle connection
  server.keepAliveTimeout = 20_000;
  let boundPort = port;
  let closed = false;
  let restarting: NodeJS.Timeout | undefined;
  const service = {
    start: async () => {
      clearTimeout(restarting);
      if (!closed && !server.listening) await listen(server, boundPort, host);
    },
    stop: () => {
      clearTimeout(restarting);
      return stop(server);
    },
    restart: async (seconds: number) => {
      await service.stop();
      const startAgain = () => service.start().catch((error: unknown) => process.emitWarning(String(error)));
      restarting = setTimeout(startAgain, seconds * 1000);
    },
  };
  const control = new AgentControl(agent, service);
  server.on('request', application(agent, control));
  await service.start();
  boundPort = (server.address() as AddressInfo).port;
  agent.name = `${hcode}@${boundPort}`;
  return {
    url: `http://${host}:${boundPort}`,
    port: boundPort,
    control,
    close: async () => {
      closed = true;
      await service.stop();
    },
  };
}

function application(agent: AgentState, control: AgentControl): express.Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(cors);
  app.use(agentRoutes(agent, randomUUID()));
  app.use('/__control', controlRoutes(control));
  app.use(() => {
    throw new SpringFault(404, 'No message available');
  });
  const onError: ErrorRequestHandler = (error: unknown, req, res, _next) => {
    const fault = error instanceof SpringFault ? error : asFault(error);
    sendJson(res, fault.status, errorBody(fault, req.path, agent.centre.now()));
  };
  app.use(onError);
  return app;
}

/** Any page may call the agent, as the real one permits. */
const cors: RequestHandler = (req, res, next) => {
  res.setHeader('access-control-allow-origin', '*');
  if (req.method !== 'OPTIONS') return next();
  res.setHeader('access-control-allow-methods', 'GET,POST,DELETE,OPTIONS');
  res.setHeader('access-control-allow-headers', 'content-type');
  res.writeHead(200).end();
};

/** express.json's own errors carry a status; anything else is a fault of the simulator and says so. */
function asFault(error: unknown): SpringFault {
  const status = error instanceof Error && 'status' in error ? Number(error.status) : 500;
  const text = error instanceof Error ? error.message : String(error);
  return new SpringFault(status, status === 400 ? `JSON parse error: ${text}` : text);
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    if (!server.listening) return resolve();
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
