/** Codes of an agent simulator that runs in another process, by its control calls. */

import { z } from 'zod';
import { SpringFault } from '../common/spring.ts';
import type { NhsoCentre } from '../nhso-agent/centre.ts';

const codes = z.array(
  z.object({
    claimCode: z.string(),
    kind: z.enum(['PP', 'EP']),
    pid: z.string(),
    hcode: z.string(),
    claimType: z.string(),
    issuedAt: z.number(),
    channel: z.enum(['agent', 'line', 'kiosk', 'new-authen', 'erm']),
    mobile: z.string().nullable(),
  }),
);

/** Returns what brings the centre up to date with the agent's; throws SpringFault 502 when the agent does not answer. */
export function agentLink(centre: NhsoCentre, agentUrl: string): () => Promise<void> {
  const url = new URL('/__control/codes', agentUrl);
  return async () => {
    const theirs = codes.parse(await asked(url));
    const known = new Set(centre.codes().map((c) => c.claimCode));
    for (const code of theirs) if (!known.has(code.claimCode)) centre.issue(code);
  };
}

async function asked(url: URL): Promise<unknown> {
  try {
    const res = await fetch(url, { signal: AbortSignal.timeout(10_000) });
    if (res.ok) return await res.json();
    throw new SpringFault(502, `${url.origin} is no agent simulator: ${res.status}`);
  } catch (error) {
    if (error instanceof SpringFault) throw error;
    throw new SpringFault(502, `the agent simulator at ${url.origin} does not answer`);
  }
}
