/** NHSO's web services by their real paths; the hosts that they live on are one port here. */

import express, { type Request, Router } from 'express';
import { springForm } from '../common/serve.ts';
import { SpringFault } from '../common/spring.ts';
import { statusAnswer } from './authen-status.ts';
import { rightSearchAnswer } from './rights.ts';
import { soapRoutes } from './soap/routes.ts';
import { serve, type WebState } from './state.ts';

const JSON_FORM = springForm('Could not open JPA EntityManager for transaction');

export function webRoutes(web: WebState): Router {
  const router = Router();
  router.get(
    '/authencodestatus/api/check-authen-status',
    serve(web, 'check-authen-status', JSON_FORM, async (req, notes) => {
      notes.caller = web.tokens.hospitalOf(bearer(req));
      if (notes.caller === null) throw new SpringFault(401, 'Unauthorized');
      const pid = citizenId(req, 'personalId');
      notes.pid = pid;
      const serviceDate = date(req, 'serviceDate');
      notes.serviceDate = serviceDate;
      await web.refresh?.();
      return statusAnswer(web.centre, { pid, serviceDate, serviceCode: text(req, 'serviceCode') }, web.form);
    }),
  );
  router.get(
    '/api/ucws/v1/right-search',
    serve(web, 'right-search', JSON_FORM, (req, notes) => {
      notes.caller = web.tokens.srmAccount(bearer(req));
      if (notes.caller === null) throw new SpringFault(401, 'Full authentication is required');
      const pid = citizenId(req, 'pid');
      notes.pid = pid;
      return rightSearchAnswer(web.centre.person(pid), web.hcode, web.centre.now());
    }),
  );
  router.post(
    '/api/scard/access-token',
    express.urlencoded({ extended: false }),
    serve(web, 'access-token', JSON_FORM, (req, notes) => {
      const { refresh_token: given } = (req.body ?? {}) as Record<string, unknown>;
      if (typeof given !== 'string' || given === '') {
        throw new SpringFault(400, "Required request parameter 'refresh_token' is not present");
      }
      const tokens = web.tokens.srmRefresh(given);
      if (tokens === null) throw new SpringFault(401, 'Invalid refresh token');
      notes.caller = web.tokens.srmAccount(tokens.accessToken);
      return { access_token: tokens.accessToken, refresh_token: tokens.refreshToken };
    }),
  );
  router.use(soapRoutes(web));
  return router;
}

function bearer(req: Request): string {
  return /^Bearer +(\S+)$/i.exec(req.get('authorization') ?? '')?.[1] ?? '';
}

function text(req: Request, name: string): string | null {
  const value = req.query[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

function citizenId(req: Request, name: string): string {
  const value = text(req, name);
  if (value !== null && /^\d{13}$/.test(value)) return value;
  throw new SpringFault(400, `${name}: เลขประจำตัวประชาชนต้องเป็นตัวเลข 13 หลัก`);
}

function date(req: Request, name: string): string {
  const value = text(req, name) ?? '';
  if (/^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value))) return value;
  throw new SpringFault(400, `${name}: รูปแบบวันที่ต้องเป็น YYYY-MM-DD`);
}
