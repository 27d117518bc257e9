/** Where a reader worker opens the line over which it carries calls to its own counter's agent. */

import { createRequire } from 'node:module';
import type { WebSocketServer as Server } from 'ws';
import type { LinePlace } from '../../service/ports/agent-lines.ts';
import { Authenticator } from '../auth.ts';
import { callerOf } from '../caller.ts';
import { refuse } from '../gate.ts';
import { lineSocket, MOST_BYTES } from '../line/socket.ts';
import { takeOver } from '../line/upgrade.ts';
import type { HttpParts } from '../parts.ts';
import { Refusal } from '../problem.ts';
import { NOTHING, type Route, route } from '../route.ts';

export const AGENT_LINE_PATH = '/api/agent-line';
const PROTOCOL = 'authen-bridge.agent-line.1';

/** How often the key of an open line is looked at again, ms. */
const KEY_CHECK_MS = 2_000;

type Parts = Pick<HttpParts, 'ledger' | 'clock' | 'log' | 'lines'>;

export function agentLineRoutes(parts: Parts): Route[] {
  const { lines, log } = parts;
  const authenticator = new Authenticator(parts.ledger, parts.clock);
  let server: Server | null = null;
  return [
    route({
      operationId: 'openAgentLine',
      method: 'get',
      path: AGENT_LINE_PATH,
      access: { scope: 'agent-line:carry', narrowest: 'station' },
      tag: 'Card reads',
      summary: "Open a reader's line (WebSocket)",
      description:
        'The reader worker of a station whose agent the bridge cannot reach opens this line and carries the calls to ' +
        `that agent over it (subprotocol \`${PROTOCOL}\`). The key must be bound to the station, and the station be configured ` +
        'with `"agent": "reader"`. A second line of a station replaces the first. A page in a browser cannot open one.',
      params: NOTHING,
      query: NOTHING,
      body: NOTHING,
      answers: { 101: { description: 'The line is open.' } },
      problems: [409, 426],
      handle({ req, res }) {
        const place = placeOf(callerOf(req));
        if (req.get('origin') !== undefined) {
          refuse('A line is opened by a reader worker, not by a page in a browser.', 'Use `npm run reader`.');
        }
        if (!lines.isCarried(place)) throw new Refusal(notCarried(place));
        const offered = (req.get('sec-websocket-protocol') ?? '').split(',').map((one) => one.trim());
        const upgrade = offered.includes(PROTOCOL) ? takeOver(req) : null;
        if (upgrade === null) {
          res.set('Upgrade', 'websocket');
          throw new Refusal(UPGRADE_NEEDED);
        }
        server ??= openServer();
        server.handleUpgrade(req, upgrade.socket, upgrade.head, (ws) => {
          const socket = lineSocket(ws);
          const check = setInterval(async () => {
            try {
              if ((await authenticator.callerOf(req)) === null) socket.close('key-refused');
            } catch (error) {
              // the ledger is away: that says nothing about the key
              log.debug({ error }, "the key of a reader's line could not be looked at");
            }
          }, KEY_CHECK_MS);
          ws.once('close', () => clearInterval(check));
          lines.attach(place, socket);
        });
      },
    }),
  ];
}

/** Loaded for the first line: a bridge that carries nothing needs no WebSocket. */
function openServer(): Server {
  const { WebSocketServer } = createRequire(import.meta.url)('ws') as { WebSocketServer: typeof Server };
  return new WebSocketServer({
    ...{ noServer: true, clientTracking: false, perMessageDeflate: false },
    ...{ maxPayload: MOST_BYTES, handleProtocols: () => PROTOCOL },
  });
}

function placeOf({ hcode, stationId }: { hcode: string | null; stationId: string | null }): LinePlace {
  if (hcode !== null && stationId !== null) return { hcode, stationId };
  return refuse(
    "A reader's line needs a key that is bound to its station.",
    'Make one: `npm run key -- create --scope card-reads:write,agent-line:carry --site … --station …`.',
  );
}

function notCarried({ hcode, stationId }: LinePlace) {
  return {
    code: 'conflict',
    status: 409,
    detail: `The bridge reaches the agent of station ${stationId} of ${hcode} itself, or does not know the station.`,
    next: 'Nothing, if that is meant; else give the station "agent": "reader" in the place of agentUrl and restart the bridge.',
  } as const;
}

const UPGRADE_NEEDED = {
  code: 'upgrade-required',
  status: 426,
  detail: `Expected a WebSocket with the subprotocol ${PROTOCOL}.`,
  next: 'A reverse proxy must pass Upgrade and Connection on; see docs/agent-line.md.',
} as const;
