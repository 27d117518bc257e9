/** Whether the bridge can listen where it is to, or listens there already. */

import type { Config } from '../../config.ts';
import type { Finding } from '../../service/ports/finding.ts';
import { tryToListen } from '../listening.ts';

const PATIENCE_MS = 2_000;

export async function checkPort({ host, port }: Config['http']): Promise<Finding> {
  const check = 'http-port';
  const at = `${host}:${port}`;
  const code = await tryToListen(host, port);
  if (code === null) return { check, level: 'ok', message: `the bridge can listen on ${at}` };
  if (code !== 'EADDRINUSE') {
    const fix = 'Correct http.host and http.port: an address of this machine, and a port from 1024 up.';
    return { check, level: 'fail', message: `the bridge cannot listen on ${at}: ${code}`, fix };
  }
  if (await isOurs(host, port)) return { check, level: 'ok', message: `a bridge runs on ${at} already` };
  return {
    ...{ check, level: 'fail', message: `another program uses ${at}` },
    fix: 'End it, or choose another http.port.',
  };
}

/** The facade's description, which needs no key, names the program. */
export async function isOurs(host: string, port: number): Promise<boolean> {
  const reachable = host.replace(/^(0\.0\.0\.0|::)$/, '127.0.0.1');
  const url = `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}/fhir/metadata`;
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) });
    return answer.ok && (await answer.text()).includes('authen-bridge');
  } catch {
    // whoever it is speaks another language
    return false;
  }
}
