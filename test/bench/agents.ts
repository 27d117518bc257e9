/**
 * `node agents.ts <hcode> <how many> <delay in ms>`, forked by the bench: agents of one hospital, with one NHSO behind
 * them, in a process of their own, so that their work is not counted as the bridge's. Their addresses are its message.
 */

import { NhsoCentre } from '../../simulators/nhso-agent/centre.ts';
import { startNhsoAgent } from '../../simulators/nhso-agent/start.ts';

const [hcode = '', count = '1', delayMs = '0'] = process.argv.slice(2);
const centre = new NhsoCentre();
const agents = await Promise.all(
  Array.from({ length: Number(count) }, () => startNhsoAgent({ hcode, centre, delayMs: Number(delayMs) })),
);
process.on('disconnect', () => process.exit(0));
process.send?.(agents.map((agent) => agent.url));
