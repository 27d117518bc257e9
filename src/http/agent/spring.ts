/**
 * Errors of the drop-in agent API, in the form of the agent (Spring Boot): who calls it knows that form and no other. What the
 * agent never says (no key, too many requests) has the bridge's own `code` beside it.
 */

import type { Request, Response } from 'express';
import { maskCitizenIds } from '../../domain/citizen-id.ts';

/** Of a problem, what the agent's form has a place for. */
interface Told {
  code: string;
  status: number;
  detail: string;
  fields?: readonly { field: string; expected: string }[];
}

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  413: 'Payload Too Large',
  415: 'Unsupported Media Type',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
};

/** For the clerk, whose program shows `message`. */
const WORDS: Readonly<Record<string, string>> = {
  'agent-unreachable':
    'ติดต่อโปรแกรม Secure SmartCard Agent ที่จุดบริการนี้ไม่ได้ · The NHSO agent at this counter cannot be reached.',
  'agent-timeout':
    'ยังไม่ได้รับคำตอบจาก สปสช. ระบบกำลังตรวจสอบ กรุณาลองใหม่ · No answer of NHSO yet; it is being looked up. Please try again.',
  'agent-bad-answer':
    'คำตอบของโปรแกรม Secure SmartCard Agent ไม่ถูกต้อง กรุณาลองใหม่ · The answer of the NHSO agent cannot be understood. Please try again.',
  'nhso-unavailable': 'ติดต่อ สปสช. ไม่ได้ชั่วคราว กรุณาลองใหม่ · NHSO cannot be reached for now. Please try again.',
  conflict:
    'เคยขอรหัสนี้แล้วและยังไม่ทราบผล กรุณาตรวจสอบที่ สปสช. · This code was asked for before, and its fate is not known. Please look at NHSO.',
  'card-not-read':
    'วันนี้ยังไม่ได้อ่านบัตรของผู้ป่วยรายนี้ กรุณาเสียบบัตรแล้วอ่านบัตรใหม่ · The card of this patient was not read here today. Please read it.',
  'card-read-other-day':
    'วันที่อ่านบัตรไม่ตรงกับวันที่ของเครื่อง authen-bridge กรุณาอ่านบัตรใหม่ หากยังเป็นเช่นนี้ กรุณาแจ้งเจ้าหน้าที่ IT ให้ตรวจนาฬิกา · The card was read on another day than the clock of authen-bridge shows. Please read it again; if that does not help, tell the IT officer to check the clock.',
  'ledger-unavailable': 'ระบบ authen-bridge ขัดข้องชั่วคราว กรุณาลองใหม่ · authen-bridge is not available for now.',
};

export function isAgentPath(path: string): boolean {
  return /^\/agent(\/|$)/.test(path);
}

export function sendSpring(req: Request, res: Response, problem: Told): void {
  // what stands in the way is the agent's or NHSO's: a client of the agent knows one status for all of that
  const status = problem.status >= 500 || problem.code === 'conflict' ? 500 : problem.status;
  const isAgents = ![401, 403, 429].includes(status);
  const body = {
    timestamp: new Date().toISOString().replace('Z', '+00:00'),
    status,
    error: REASONS[status] ?? 'Error',
    message: messageOf(req, problem, status),
    path: pathOf(req),
    ...(isAgents ? {} : { code: problem.code }),
    ...(problem.fields === undefined ? {} : { errors: problem.fields.map(fieldError) }),
  };
  send(res, { status, contentType: 'application/json', text: JSON.stringify(body) });
}

/** An answer as it is to go out; Express would add a charset to its type. */
export function send(res: Response, answer: { status: number; contentType: string; text: string }): void {
  const { status, contentType, text } = answer;
  res.status(status);
  if (contentType !== '') res.setHeader('Content-Type', contentType);
  res.setHeader('Content-Length', Buffer.byteLength(text));
  res.end(text);
}

function messageOf(req: Request, { code, detail, fields }: Told, status: number): string {
  switch (status) {
    case 404:
      return 'No message available';
    case 415:
      return `Content type '${maskCitizenIds(req.get('content-type') ?? '').slice(0, 100)}' not supported`;
    default:
      return WORDS[code] ?? (status === 400 ? validation(detail, fields) : detail);
  }
}

function validation(detail: string, fields: Told['fields']): string {
  if (fields !== undefined)
    return `Validation failed for object='authenRequest'. Error count: ${fields.length}`;
  return detail.startsWith('body') ? `JSON parse error: ${detail}` : detail;
}

function fieldError({ field, expected }: { field: string; expected: string }) {
  return {
    codes: [`Invalid.authenRequest.${field}`, `Invalid.${field}`, 'Invalid'],
    defaultMessage: `${field}: ${expected}`,
    objectName: 'authenRequest',
    field,
    bindingFailure: false,
    code: 'Invalid',
  };
}

/** As the agent would say it, but without the citizen id that its look-ups have in their address. */
function pathOf(req: Request): string {
  const path = (req.originalUrl.split('?', 1)[0] ?? '').replace(/^\/agent/, '');
  return maskCitizenIds(decoded(path)).slice(0, 200);
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    // no address of ours: nothing of it is shown
    return '/';
  }
}
