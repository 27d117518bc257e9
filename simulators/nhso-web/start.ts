/** Starts NHSO's web services in miniature on a real port. */

import express, { type ErrorRequestHandler } from 'express';
import { Faults } from '../common/faults.ts';
import { Journal } from '../common/journal.ts';
import { Port } from '../common/port.ts';
import { sendJson } from '../common/said.ts';
import { asFault, errorBody, SpringFault } from '../common/spring.ts';
import { NhsoCentre } from '../nhso-agent/centre.ts';
import { agentLink } from './agent-link.ts';
import { STATUS_FORM } from './authen-status.ts';
import { WebControl } from './control.ts';
import { controlRoutes } from './control-routes.ts';
import { webRoutes } from './routes.ts';
import type { WebEntry, WebState } from './state.ts';
import { TokenOffice } from './tokens.ts';

export interface NhsoWebOptions {
  /** Shared with the agents, so that a code issued at a counter is found here; an own one when left out. */
  centre?: NhsoCentre;
  /** 0 (default) takes a free one. */
  port?: number;
  host?: string;
  /** Hospital that {@link NhsoWebSimulator.hospitalToken} belongs to; also the main hospital in everybody's rights. */
  hcode?: string;
  /** That hospital's UUID; made up when left out. */
  hospitalToken?: string;
  /** Milliseconds before each answer. */
  delayMs?: number;
  /** An agent simulator of another process whose codes are looked up before each check-authen-status. */
  agentUrl?: string;
  /** Told of each call. The entry holds the citizen id: mask it before it is shown. */
  onCall?: (entry: WebEntry) => void;
}

export interface NhsoWebSimulator {
  /** Where all services listen; `http://127.0.0.1:port`. */
  url: string;
  /** Base addresses as the bridge's configuration wants them. */
  urls: { authenStatus: string; rightSearch: string; srmRefresh: string; ucws: string };
  port: number;
  hospitalToken: string;
  control: WebControl;
  close(): Promise<void>;
}

export async function startNhsoWeb(options: NhsoWebOptions = {}): Promise<NhsoWebSimulator> {
  const { port = 0, host = '127.0.0.1', hcode = '10978', delayMs = 0 } = options;
  const centre = options.centre ?? new NhsoCentre();
  const web: WebState = {
    centre,
    tokens: new TokenOffice(centre),
    // the answer that it hurts most to lose: the old refresh token is used up, the new one never came
    faults: new Faults(delayMs, 'access-token'),
    journal: new Journal(),
    hcode,
    outages: new Map(),
    form: STATUS_FORM,
    words: [],
    onCall: options.onCall ?? null,
    refresh: options.agentUrl === undefined ? null : agentLink(centre, options.agentUrl),
  };
  const hospitalToken = web.tokens.admit(hcode, options.hospitalToken);
  const service = new Port(port, host);
  const control = new WebControl(web, service);
  service.serve(application(web, control));
  await service.start();
  const { url } = service;
  return {
    url,
    urls: {
      authenStatus: `${url}/authencodestatus`,
      rightSearch: `${url}/api/ucws/v1/right-search`,
      srmRefresh: `${url}/api/scard/access-token`,
      ucws: `${url}/ucwstokenp1/UCWSTokenP1`,
    },
    port: service.number,
    hospitalToken,
    control,
    close: () => service.close(),
  };
}

function application(web: WebState, control: WebControl): express.Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(webRoutes(web));
  app.use('/__control', controlRoutes(control));
  app.use(() => {
    throw new SpringFault(404, 'No message available');
  });
  const onError: ErrorRequestHandler = (error: unknown, req, res, _next) => {
    const fault = error instanceof SpringFault ? error : asFault(error);
    sendJson(res, fault.status, errorBody(fault, req.path, web.centre.now()));
  };
  app.use(onError);
  return app;
}
