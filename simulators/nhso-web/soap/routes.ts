/** `/ucwstokenp1/UCWSTokenP1`: the SOAP service for rights by citizen id. */

import express, { type Request, Router } from 'express';
import { localDateTime } from '../../common/bangkok.ts';
import type { Said } from '../../common/said.ts';
import type { Form } from '../../common/serve.ts';
import { SpringFault } from '../../common/spring.ts';
import { ucFields } from '../rights.ts';
import { type Notes, serve, type WebState } from '../state.ts';
import { faultAnswer, readEnvelope, response, SoapFault } from './envelope.ts';
import { NAMESPACE, schema, wsdl } from './schema.ts';

const PATH = '/ucwstokenp1/UCWSTokenP1';

const OK = { ws_status: 'NHSO-000001', ws_status_desc: 'ok' };
const TOKEN_DEAD = { ws_status: 'NHSO-00003', ws_status_desc: 'TOKEN หมดอายุ กรุณายืนยันตัวตนอีกครั้ง' };

const FORM: Form = {
  good: (said) => said as Said,
  bad: faultAnswer,
  unreachable: 'javax.persistence.PersistenceException: could not extract ResultSet',
};

export function soapRoutes(web: WebState): Router {
  const router = Router();
  router.get(
    PATH,
    serve(web, 'wsdl', FORM, (req): Said => {
      const query = Object.keys(req.query).map((name) => name.toLowerCase());
      const type = 'text/xml;charset=utf-8';
      if (query.includes('wsdl')) return { status: 200, type, text: wsdl(address(req)) };
      if (query.includes('xsd')) return { status: 200, type, text: schema() };
      throw new SpringFault(404, 'Not found: expected ?wsdl or ?xsd=1');
    }),
  );
  router.post(
    PATH,
    express.text({ limit: '1mb', type: () => true }),
    serve(web, 'searchCurrentByPID', FORM, (req, notes) => {
      if (req.is('text/xml') === false) throw new SpringFault(415, 'Unsupported Content-Type');
      return search(web, typeof req.body === 'string' ? req.body : '', notes);
    }),
  );
  return router;
}

function search(web: WebState, xml: string, notes: Notes): Said {
  const { operation, args } = readEnvelope(xml);
  if (operation !== `{${NAMESPACE}}searchCurrentByPID`) {
    throw new SoapFault('Client', `Cannot find dispatch method for ${operation}`);
  }
  const { user_person_id: account = '', smctoken = '', person_id: pid = '' } = args;
  notes.pid = pid;
  const asked = { ws_date_request: `${localDateTime(web.centre.now())}+07:00` };
  const word = nextWord(web);
  if (word !== null) return response({ ...asked, ...word });
  if (!web.tokens.ucGood(account, smctoken)) return response({ ...asked, ...TOKEN_DEAD });
  notes.caller = account;
  return response({ ...ucFields(web.centre.person(pid), web.hcode), ...asked, ...OK });
}

/** An ordered `ws_status`, which stands alone: whatever it says, no right came with it. */
function nextWord(web: WebState): Record<string, string> | null {
  const word = web.words[0];
  if (word === undefined) return null;
  if (--word.left <= 0) web.words.shift();
  return { ws_status: word.status, ws_status_desc: word.description };
}

function address(req: Request): string {
  return `http://${req.get('host') ?? 'localhost'}${PATH}`;
}
