/** What `doctor` says about NHSO's web services: whether each answers at its address. No person is asked for, no token sent. */

import { isBridgeError } from '../../../src/domain/bridge-error.ts';
import type { Finding } from '../../../src/service/ports/finding.ts';
import { isHtml } from '../body.ts';
import type { NhsoCall } from '../calls.ts';
import { NhsoHttp, NoAnswer } from '../http.ts';
import { WEB_LINE } from './addresses.ts';
import { AUTHEN_STATUS_PATH } from './authen-status.ts';
import { WEB_CALLS } from './calls.ts';
import { noAnswerFault } from './faults.ts';
import { authenStatusUrl, rightSearchUrl, type WebOptions } from './registry.ts';
import { SoapService } from './soap-service.ts';

const FIX =
  'Does the firewall let this machine reach that address, and does its name resolve? A time-out or a page may also be ' +
  "NHSO's own outage: try it in a browser.";

/** Never throws for what it finds. Nothing is said of a service that is not configured. */
export async function checkWeb(options: WebOptions): Promise<Finding[]> {
  const found: Finding[] = [];
  const { timeouts, rights } = options;
  const status = authenStatusUrl(options);
  if (status !== null) {
    const look = () => refuses(WEB_CALLS.authenStatus, status, AUTHEN_STATUS_PATH, timeouts.lookupMs);
    found.push(await finding('authen-status-reachable', status, 'check-authen-status', look));
  }
  const search = rightSearchUrl(options);
  if (search !== null) {
    const look =
      rights?.source === 'ucws'
        ? () => describes(search, timeouts.lookupMs)
        : () => refuses(WEB_CALLS.rightSearch, search, '', timeouts.lookupMs);
    found.push(await finding('right-search-reachable', search, `right search (${rights?.source})`, look));
  }
  return found;
}

/** `look`: what is wrong in words, or null. */
async function finding(
  check: string,
  url: string,
  what: string,
  look: () => Promise<string | null>,
): Promise<Finding> {
  const { origin, pathname } = new URL(url);
  const where = `NHSO's ${what} at ${origin}${pathname}`;
  const wrong = await look();
  if (wrong === null) return { check, level: 'ok', message: `${where} answers` };
  return { check, level: 'warn', message: `${where}: ${wrong}`, fix: FIX };
}

/** Without a token and a person it must be refused, and by a service, not by a page of something that stands before it. */
async function refuses(call: NhsoCall, url: string, path: string, timeoutMs: number): Promise<string | null> {
  const http = new NhsoHttp(url, { ...WEB_LINE, connections: 1 });
  try {
    const answer = await http.send({ method: 'GET', path, timeoutMs });
    // a 401 counts whatever page comes with it
    if (answer.status === 401 || (answer.status < 500 && answer.status >= 400 && !isHtml(answer)))
      return null;
    const page = isHtml(answer) ? ' and an HTML page' : '';
    return `answers with ${answer.status}${page}, not as the service does`;
  } catch (error) {
    if (error instanceof NoAnswer) return noAnswerFault(call, error).message;
    throw error;
  } finally {
    await http.close();
  }
}

async function describes(url: string, timeoutMs: number): Promise<string | null> {
  const service = new SoapService(url, timeoutMs);
  try {
    await service.describe();
    return null;
  } catch (error) {
    if (isBridgeError(error)) return error.message;
    throw error;
  } finally {
    await service.close();
  }
}
