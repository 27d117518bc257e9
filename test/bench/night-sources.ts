/**
 * `node night-sources.ts <hcode> <delay in ms>`, forked by the bench: NHSO's web services and an agent with one NHSO behind
 * them, in a process of their own. A message with codes has them issued; any other is answered with the calls that came.
 */

import type { CodeInput } from '../../simulators/nhso-agent/centre.ts';
import { startNhsoAgent } from '../../simulators/nhso-agent/start.ts';
import { startNhsoWeb } from '../../simulators/nhso-web/start.ts';

export interface SourcesAddress {
  agentUrl: string;
  statusUrl: string;
  serviceToken: string;
}

export interface CallsSeen {
  status: number;
  agent: number;
  /** From the first call to the last, ms. */
  spanMs: number;
}

const [hcode = '', delay = '0'] = process.argv.slice(2);
const delayMs = Number(delay);
const agent = await startNhsoAgent({ hcode, delayMs });
const { centre } = agent.control;
const web = await startNhsoWeb({ hcode, centre, delayMs });

process.on('disconnect', () => process.exit(0));
process.on('message', (order: { codes?: CodeInput[] }) => {
  for (const code of order.codes ?? []) centre.issue(code);
  const status = web.control.requests({ call: 'check-authen-status' });
  const lookups = agent.control.requests().filter((r) => r.call.startsWith('latest'));
  const times = [...status, ...lookups].map((r) => Date.parse(r.at));
  const spanMs = times.length === 0 ? 0 : Math.max(...times) - Math.min(...times);
  const seen: CallsSeen = { status: status.length, agent: lookups.length, spanMs };
  process.send?.(seen);
});
const address: SourcesAddress = {
  ...{ agentUrl: agent.url, statusUrl: web.urls.authenStatus, serviceToken: web.hospitalToken },
};
process.send?.(address);
