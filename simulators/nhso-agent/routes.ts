/** The agent's own API, as `http://<counter-pc>:8189` offers it. */

import express, { type Request, Router } from 'express';
import { localDateTime } from '../common/bangkok.ts';
import { SpringFault } from '../common/spring.ts';
import type { CentreCode } from './centre.ts';
import { cardAnswer } from './people.ts';
import { type AgentState, type Notes, reachNhso, serve } from './serve.ts';
import { authenRequest } from './validation.ts';

/** One invented grey pixel: `image` is a JPEG in raw base64, only when asked for. */
const PHOTO =
  '/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAAMCAgICAgMCAgIDAwMDBAYEBAQEBAgGBgUGCQgKCgkICQkKDA8MCgsOCwkJDRENDg8QEBEQCgwSExIQEw8QEBD/yQALCAABAAEBAREA/8wABgAQEAX/2gAIAQEAAD8A0s8g/9k=';

export function agentRoutes(agent: AgentState, preferenceToken: string): Router {
  const router = Router();
  const json = express.json({ limit: '1mb', type: () => true });

  router.get(
    '/api/smartcard/terminals',
    serve(agent, 'terminals', () =>
      agent.readerPlugged ? [{ terminalName: agent.terminalName, isPresent: agent.card !== null }] : [],
    ),
  );
  router.get(
    '/api/smartcard/read',
    serve(agent, 'read', (req, notes) => {
      notes.pid = cardInReader(agent);
      return noted(notes, { ...reachNhso(agent).read(notes.pid, agent.hcode), ...photo(req) });
    }),
  );
  router.get(
    '/api/smartcard/read-card-only',
    serve(agent, 'read-card-only', (req, notes) => {
      notes.pid = cardInReader(agent);
      return { ...cardAnswer(agent.centre.person(notes.pid)), ...photo(req) };
    }),
  );
  router.get(
    '/api/smartcard/probe/:pid',
    serve(agent, 'probe', (req, notes) => {
      // a PROD build does not have the call
      if (agent.zone === 'prod') throw new SpringFault(404, 'No message available');
      notes.pid = pidInPath(req);
      return noted(notes, reachNhso(agent).read(notes.pid, agent.hcode));
    }),
  );
  router.post(
    '/api/nhso-service/save-as-draft',
    jsonOnly,
    json,
    serve(agent, 'save-as-draft', (req, notes) => {
      const request = authenRequest(req.body);
      noted(notes, { ...request });
      return reachNhso(agent).draft(request);
    }),
  );
  router.post(
    '/api/nhso-service/confirm-save',
    jsonOnly,
    json,
    serve(agent, 'confirm-save', async (req, notes, pause) => {
      const request = authenRequest(req.body);
      noted(notes, { ...request });
      const issue = reachNhso(agent).takeConfirm(request, agent.hcode);
      if (pause !== null) await pause();
      const { pid, claimType, issuedAt, claimCode } = issue();
      notes.claimCode = claimCode;
      const { correlationId } = request;
      return { pid, claimType, correlationId, createdDate: localDateTime(issuedAt), claimCode };
    }),
  );
  router.get(
    '/api/nhso-service/latest-authen-code/:pid',
    serve(agent, 'latest-authen-code', (req, notes) => {
      notes.pid = pidInPath(req);
      const code = reachNhso(agent).latest(notes.pid, agent.hcode);
      notes.claimCode = code?.claimCode ?? null;
      return code === undefined ? { checkDate: localDateTime(agent.centre.now()) } : codeAnswer(agent, code);
    }),
  );
  router.get(
    '/api/nhso-service/latest-5-authen-code-all-hospital/:pid',
    serve(agent, 'latest-5-authen-code-all-hospital', (req, notes) => {
      notes.pid = pidInPath(req);
      return reachNhso(agent)
        .latestFive(notes.pid)
        .map((code) => codeAnswer(agent, code));
    }),
  );
  router.get(
    '/api/preference',
    // the real agent hands the hospital's token to anybody who asks
    serve(agent, 'preference', () => ({ defaultTerminal: agent.terminalName, token: preferenceToken })),
  );
  return router;
}

/** 418 without a reader, 500 without a card: the two that B-grade sources agree on. */
function cardInReader(agent: AgentState): string {
  if (!agent.readerPlugged) throw new SpringFault(418, 'No card reader');
  // Spring leaves `message` empty by default, so that a 500 may mean anything
  if (agent.card === null) throw new SpringFault(500, '');
  return agent.card;
}

function pidInPath(req: Request): string {
  const { pid } = req.params;
  if (typeof pid === 'string' && /^\d{13}$/.test(pid)) return pid;
  throw new SpringFault(400, 'เลขประจำตัวประชาชนต้องเป็นตัวเลข 13 หลัก');
}

function jsonOnly(req: Request, _res: unknown, next: (fault?: unknown) => void): void {
  if (req.is('application/json') !== false) next();
  else next(new SpringFault(415, `Content type '${req.get('content-type') ?? ''}' not supported`));
}

function photo(req: Request): { image?: string } {
  // as Spring reads a flag
  return /^(?:true|on|yes|1)$/i.test(String(req.query.readImageFlag)) ? { image: PHOTO } : {};
}

function codeAnswer(agent: AgentState, code: CentreCode): Record<string, unknown> {
  return {
    claimType: code.claimType,
    claimCode: code.claimCode,
    hcode: code.hcode,
    claimDateTime: localDateTime(code.issuedAt),
    checkDate: localDateTime(agent.centre.now()),
  };
}

/** Copies into the journal's notes what an answer or a request says about itself. */
function noted<T extends Record<string, unknown>>(notes: Notes, facts: T): T {
  for (const key of ['pid', 'claimType', 'correlationId'] as const) {
    const value = facts[key];
    if (typeof value === 'string') notes[key] = value;
  }
  return facts;
}
