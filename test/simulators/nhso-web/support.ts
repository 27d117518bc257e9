/** Speaks to the simulator as any program would: fetch and the soap package, no code of the bridge. */

import { createClientAsync } from 'soap';
import type { NhsoWebSimulator } from '../../../simulators/nhso-web/start.ts';

/** Invented; they begin with 9, which no office gives out, and their check digits are right. */
export const PID = '9000000000012';
export const STAFF = '9000000000021';

export interface Got {
  status: number;
  type: string;
  text: string;
  /** Empty when the answer is no JSON. */
  json: Readonly<Record<string, unknown>>;
}

export async function ask(url: string, init: RequestInit = {}): Promise<Got> {
  const res = await fetch(url, { signal: AbortSignal.timeout(20_000), ...init });
  const text = await res.text();
  const type = res.headers.get('content-type') ?? '';
  return { status: res.status, type, text, json: type.includes('json') ? JSON.parse(text) : {} };
}

const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

export function status(
  web: NhsoWebSimulator,
  serviceDate: string,
  more: { token?: string; code?: string } = {},
) {
  const code = more.code === undefined ? '' : `&serviceCode=${more.code}`;
  const query = `personalId=${PID}&serviceDate=${serviceDate}${code}`;
  return ask(
    `${web.urls.authenStatus}/api/check-authen-status?${query}`,
    bearer(more.token ?? web.hospitalToken),
  );
}

export function rightSearch(web: NhsoWebSimulator, token: string, pid = PID) {
  return ask(`${web.urls.rightSearch}?pid=${pid}`, bearer(token));
}

export function refresh(web: NhsoWebSimulator, refreshToken: string) {
  return ask(web.urls.srmRefresh, {
    method: 'POST',
    body: new URLSearchParams({ refresh_token: refreshToken }),
  });
}

export function order(web: NhsoWebSimulator, path: string, body: unknown = {}) {
  return ask(`${web.url}/__control/${path}`, { method: 'POST', body: JSON.stringify(body) });
}

/** By the real client from the real WSDL, as the bridge's adapter does it. */
export async function soapClient(web: NhsoWebSimulator) {
  const client = await createClientAsync(`${web.urls.ucws}?wsdl`);
  return async (token: string, pid = PID, account = STAFF): Promise<Readonly<Record<string, unknown>>> => {
    const args = { user_person_id: account, smctoken: token, person_id: pid };
    const [answer] = await client.searchCurrentByPIDAsync(args, { timeout: 20_000 });
    return answer.return;
  };
}

export function today(at: number = Date.now()): string {
  return new Date(at + 7 * 3_600_000).toISOString().slice(0, 10);
}
