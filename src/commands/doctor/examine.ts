/** Every look that the doctor takes, one after the other; what one of them finds keeps no other from being taken. */

import { openHis } from '../../../adapters/his/registry.ts';
import { checkAgent } from '../../../adapters/nhso/check.ts';
import { checkWeb } from '../../../adapters/nhso/web/check.ts';
import { checkWorkQueue } from '../../../queues/open-work-queue.ts';
import type { Config, SiteConfig } from '../../config.ts';
import { errorText, isBridgeError } from '../../domain/bridge-error.ts';
import { makeLog, maskText } from '../../log.ts';
import type { Finding } from '../../service/ports/finding.ts';
import { failureText, NEXT_STEPS, nextStep } from '../failure.ts';
import { carriedFindings, readinessHere } from './carried.ts';
import { checkLedger } from './ledger.ts';
import { checkPort } from './port.ts';
import { checkTokens } from './tokens.ts';

/** `section`: whose findings they are, a heading for people. */
export type Say = (section: string, found: readonly Finding[]) => void;

export async function examine(config: Config, say: Say): Promise<void> {
  say('Ledger', await looked('ledger-reachable', () => checkLedger(config.store)));
  say('Queue', await looked('queue-reachable', () => checkQueue(config)));
  say('API', await looked('http-port', async () => [await checkPort(config.http)]));
  for (const site of config.sites) await examineSite(site, config.http, say);
}

async function examineSite(site: SiteConfig, http: Config['http'], say: Say): Promise<void> {
  say(`HIS of ${site.hcode} ${site.name}`.trim(), await looked('his-reachable', () => checkHis(site)));
  const stations: { title: string; found: Finding[] }[] = [];
  const isCarrying = site.stations.some(({ agent }) => agent === 'reader');
  const said = isCarrying ? await readinessHere(http) : null;
  for (const { id, agentUrl: url } of site.stations) {
    const { zone, timeouts } = site.nhso;
    const { hcode } = site;
    const found =
      url === undefined
        ? carriedFindings({ hcode, station: id }, said)
        : await looked('agent-reachable', () =>
            checkAgent({ url, hcode, zone, timeouts, station: id, now: Date.now }),
          );
    stations.push({ title: `Station ${id} of ${site.hcode}`, found });
  }
  const canRead = stations.some(({ found }) =>
    found.some((f) => f.check === 'agent-reader' && f.level === 'ok'),
  );
  for (const { title, found } of stations) say(title, canRead ? found : found.map(unreadable));
  const web = await looked('authen-status-reachable', () => checkWeb(site.nhso));
  if (web.length > 0) say(`NHSO's web services for ${site.hcode}`, web);
  const tokens = await looked('token-source', () => checkTokens(site, Date.now()));
  if (tokens.length > 0) say(`Tokens of ${site.hcode}`, tokens);
}

/** One counter without a reader is a nuisance; when no counter of the site has one, no code can be asked for at all. */
function unreadable(finding: Finding): Finding {
  return finding.check === 'agent-reader' ? { ...finding, level: 'fail' } : finding;
}

async function checkQueue({ queue }: Config): Promise<Finding[]> {
  if (queue === 'embedded') {
    const message = 'embedded: inside the bridge, nothing to install; rebuilt from the ledger at every start';
    return [{ check: 'queue-reachable', level: 'ok', message }];
  }
  return checkWorkQueue(queue, { log: makeLog({ level: 'silent' }), concurrency: 1 });
}

async function checkHis(site: SiteConfig): Promise<Finding[]> {
  const his = openHis({ ...site.his, hcode: site.hcode });
  try {
    return await his.check();
  } finally {
    await his.close();
  }
}

async function looked(check: string, look: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return (await look()).map(withFix);
  } catch (error) {
    if (!isBridgeError(error)) {
      const message = `an unexpected error, please report it: ${maskText(errorText(error))}`;
      return [{ check, level: 'fail', message }];
    }
    const fix = nextStep(error);
    return [{ check, level: 'fail', message: failureText(error), ...(fix === undefined ? {} : { fix }) }];
  }
}

/** What is away is told in the same words wherever it is found out. */
function withFix(finding: Finding): Finding {
  const fix = {
    'ledger-reachable': NEXT_STEPS['ledger-unavailable'],
    'queue-reachable': NEXT_STEPS['queue-unavailable'],
  }[finding.check];
  return finding.level === 'ok' || finding.fix !== undefined || fix === undefined
    ? finding
    : { ...finding, fix };
}
