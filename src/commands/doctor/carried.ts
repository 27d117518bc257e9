/** What the doctor says of a station whose reader carries its calls: only the bridge that runs has its line, so it is asked. */

import { z } from 'zod';
import type { Config } from '../../config.ts';
import type { Finding } from '../../service/ports/finding.ts';

const PATIENCE_MS = 3_000;

const named = z.array(z.object({ check: z.string(), message: z.string() }));
const readiness = z.object({ notReady: named, warnings: named });

/** Each finding of the readiness of the bridge that runs here, by name; null when none runs or it does not say. */
export async function readinessHere({ host, port }: Config['http']): Promise<Map<string, string> | null> {
  const reachable = host.replace(/^(0\.0\.0\.0|::)$/, '127.0.0.1');
  const url = `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}/readyz`;
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) });
    const said = readiness.safeParse(await answer.json());
    if (!said.success) return null;
    return new Map([...said.data.notReady, ...said.data.warnings].map((f) => [f.check, f.message]));
  } catch {
    // nobody there, or another program: the look at the port says which
    return null;
  }
}

/** `said`: as {@link readinessHere} has it. */
export function carriedFindings(
  { hcode, station }: { hcode: string; station: string },
  said: ReadonlyMap<string, string> | null,
): Finding[] {
  const check = 'agent-reachable';
  const where = `${station} (over its reader's line)`;
  if (said === null) {
    const message = `${where}: no bridge runs here, so nobody knows whether the line is up`;
    const fix = 'Start the bridge and the reader at that counter, then run the doctor once more.';
    return [{ check, level: 'warn', message, fix }];
  }
  if (said.has('starting')) {
    const message = `${where}: the bridge is starting`;
    return [{ check, level: 'warn', message, fix: 'Run the doctor once more in a minute.' }];
  }
  const trouble = said.get(`agent-${hcode}-${station}`);
  if (trouble === undefined) {
    return [
      { check, level: 'ok', message: `${where}: the NHSO agent answers` },
      { check: 'agent-reader', level: 'ok', message: `${where}: the agent has a card reader` },
    ];
  }
  if (trouble.startsWith('no card reader')) {
    const fix = 'Plug the card reader in; if it is, restart the agent service.';
    return [
      { check, level: 'ok', message: `${where}: the NHSO agent answers` },
      { check: 'agent-reader', level: 'warn', message: `${where}: the agent has no card reader`, fix },
    ];
  }
  const fix =
    'At that counter: is the reader worker started (npm run reader), does its log (--log info) say that the bridge refuses its ' +
    'line (its key needs the scope agent-line:carry), and is the service "NHSO Secure SmartCard Agent" started? A reverse proxy ' +
    'before the bridge must let WebSockets through: docs/agent-line.md.';
  return [{ check, level: 'fail', message: `${where}: ${trouble}`, fix }];
}
