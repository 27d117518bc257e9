/** SOAP 1.1 envelopes, read as strictly as JAX-WS reads them and written as it writes them. */

import sax from 'sax';
import type { Said } from '../../common/said.ts';
import { SpringFault } from '../../common/spring.ts';
import { NAMESPACE, RETURN_FIELDS } from './schema.ts';

const SOAP = 'http://schemas.xmlsoap.org/soap/envelope/';

/** Thrown by a handler; becomes a SOAP fault. JAX-WS answers every fault with HTTP 500. */
export class SoapFault extends SpringFault {
  readonly faultCode: 'Client' | 'Server' | 'VersionMismatch';

  constructor(faultCode: SoapFault['faultCode'], message: string) {
    super(500, message);
    this.faultCode = faultCode;
  }
}

export interface SoapRequest {
  /** `{namespace}name` of the element in the body. */
  operation: string;
  /** Its children, which the schema leaves unqualified: one in a namespace is not seen, as JAXB does not see it. */
  args: Readonly<Record<string, string>>;
}

/** Throws SoapFault. */
export function readEnvelope(xml: string): SoapRequest {
  const path: string[] = [];
  let operation: string | null = null;
  const args: Record<string, string> = {};
  const parser = sax.parser(true, { xmlns: true });
  parser.onerror = (error) => {
    throw new SoapFault('Client', `Couldn't create SOAP message due to exception: ${firstLine(error)}`);
  };
  parser.ondoctype = () => {
    throw new SoapFault('Client', 'A DOCTYPE is not permitted in a SOAP message');
  };
  parser.onopentag = (tag) => {
    const { uri, local } = tag as sax.QualifiedTag;
    path.push(`{${uri}}${local}`);
    if (path.length === 1 && path[0] !== `{${SOAP}}Envelope`) {
      throw new SoapFault('VersionMismatch', `Couldn't create SOAP message: the root is ${path[0]}`);
    }
    if (path[1] !== `{${SOAP}}Body`) return;
    if (path.length === 3) {
      if (operation !== null) throw new SoapFault('Client', 'More than one element in the body');
      operation = path[2] ?? null;
    }
    if (path.length === 4 && uri === '') args[local] = '';
  };
  const text = (value: string) => {
    const name = path.length === 4 && path[1] === `{${SOAP}}Body` ? path[3] : undefined;
    if (name?.startsWith('{}')) args[name.slice(2)] += value;
  };
  parser.ontext = text;
  parser.oncdata = text;
  parser.onclosetag = () => {
    path.pop();
  };
  parser.write(xml).close();
  if (operation === null) throw new SoapFault('Client', 'The body is empty');
  return { operation, args };
}

/** The answer; a field without a value is absent, `count_select` is always there. */
export function response(fields: Readonly<Record<string, string>>): Said {
  const values: Readonly<Record<string, string>> = { count_select: '0', ...fields };
  const unknown = Object.keys(values).filter((name) => !RETURN_FIELDS.some((f) => f === name));
  if (unknown.length > 0) throw new Error(`not in the schema: ${unknown.join(', ')}`);
  const elements = RETURN_FIELDS.flatMap((name) => {
    const value = values[name];
    return value === undefined ? [] : [`<${name}>${escaped(value)}</${name}>`];
  });
  return envelope(
    200,
    `<ns2:searchCurrentByPIDResponse xmlns:ns2="${NAMESPACE}"><return>${elements.join('')}</return></ns2:searchCurrentByPIDResponse>`,
  );
}

export function faultAnswer(fault: SpringFault): Said {
  const code = fault instanceof SoapFault ? fault.faultCode : 'Server';
  return envelope(
    fault.status,
    `<S:Fault xmlns:ns4="http://www.w3.org/2003/05/soap-envelope"><faultcode>S:${code}</faultcode><faultstring>${escaped(fault.message)}</faultstring></S:Fault>`,
  );
}

function envelope(status: number, body: string): Said {
  return {
    status,
    type: 'text/xml;charset=utf-8',
    text: `<?xml version='1.0' encoding='UTF-8'?><S:Envelope xmlns:S="${SOAP}"><S:Body>${body}</S:Body></S:Envelope>`,
  };
}

function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}

function firstLine(error: Error): string {
  return error.message.split('\n')[0] ?? '';
}
