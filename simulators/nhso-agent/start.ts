/** Starts an NHSO Secure SmartCard Agent in miniature on a real port. */

import { randomUUID } from 'node:crypto';
import express, { type ErrorRequestHandler, type RequestHandler } from 'express';
import { Faults } from '../common/faults.ts';
import { Port } from '../common/port.ts';
import { sendJson } from '../common/said.ts';
import { asFault, errorBody, SpringFault } from '../common/spring.ts';
import { NhsoCentre } from './centre.ts';
import { AgentControl } from './control.ts';
import { controlRoutes } from './control-routes.ts';
import type { JournalEntry } from './journal.ts';
import { agentRoutes } from './routes.ts';
import type { AgentState } from './serve.ts';

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
    faults: new Faults(delayMs, 'confirm-save'),
    terminalName: options.terminalName ?? 'Virtual Smart Card Reader 0',
    name: hcode,
    readerPlugged: true,
    card: null,
    onCall: options.onCall ?? null,
  };
  const service = new Port(port, host);
  const control = new AgentControl(agent, service);
  service.serve(application(agent, control));
  await service.start();
  agent.name = `${hcode}@${service.number}`;
  return { url: service.url, port: service.number, control, close: () => service.close() };
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
