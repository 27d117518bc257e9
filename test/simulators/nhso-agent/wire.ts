/** Speaks to the simulator as any program would: fetch, no code of the bridge. */

import type { startNhsoAgent } from '../../../simulators/nhso-agent/start.ts';

/** Invented; the check digits are right. */
export const PID = '1103700000014';
export const OTHER_PID = '1103700000022';

export type Simulator = Awaited<ReturnType<typeof startNhsoAgent>>;

interface Got {
  status: number;
  type: string;
  text: string;
  /** Empty when the answer is no JSON object. */
  json: Readonly<Record<string, unknown>>;
}

export async function get(url: string, path: string, init: RequestInit = {}): Promise<Got> {
  const res = await fetch(`${url}${path}`, { signal: AbortSignal.timeout(10_000), ...init });
  const text = await res.text();
  const type = res.headers.get('content-type') ?? '';
  return { status: res.status, type, text, json: type.includes('json') ? JSON.parse(text) : {} };
}

export function post(url: string, path: string, body: unknown, type = 'application/json'): Promise<Got> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return get(url, path, { method: 'POST', body: text, headers: { 'content-type': type } });
}

/** Reads (by probe) and gives the body of a draft or confirm that NHSO accepts. */
export async function goodRequest(url: string, pid = PID, claimType = 'PG0060001') {
  const { json } = await get(url, `/api/smartcard/probe/${pid}`);
  return { pid, claimType, mobile: '0812345678', correlationId: String(json.correlationId) };
}

export const confirm = (url: string, body: unknown) => post(url, '/api/nhso-service/confirm-save', body);
