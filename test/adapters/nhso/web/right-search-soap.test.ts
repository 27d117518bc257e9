/** The right search over SOAP, against a service with a description of its own and answers that the test gives. */

import { afterEach, describe, expect, test } from 'vitest';
import { openRightSearchSoap } from '../../../../adapters/nhso/web/right-search-soap.ts';
import { everythingOf, faultOf } from '../given.ts';
import { type Answerer, http, type RawServer, rawServer } from '../raw-server.ts';
import {
  ACCOUNT,
  body,
  elements,
  GOOD,
  OTHER_PID,
  PID,
  returned,
  soapFaultBody,
  soapServer,
  TIMEOUT_MS,
  UC_TOKEN,
  WSDL,
  XSD,
  xml,
} from './given.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((o) => o.close()));
});

function at(server: RawServer, timeoutMs = TIMEOUT_MS) {
  const rights = openRightSearchSoap({ url: `${server.url}/ucwstokenp1/UCWSTokenP1?wsdl`, timeoutMs });
  open.push(rights, server);
  return { server, search: () => rights.search(PID, { value: UC_TOKEN, account: ACCOUNT }), rights };
}

const serviceThat = async (answer: Answerer) => at(await soapServer(answer));
const serviceThatGets = (answer: string) => serviceThat((socket) => socket.write(answer));
const foundIn = async (fields: Readonly<Record<string, string>>) =>
  (await serviceThatGets(xml(returned(elements(fields))))).search();
const without = (...names: string[]) =>
  Object.fromEntries(Object.entries(GOOD).filter(([name]) => !names.includes(name)));

const who = {
  ...{ title: 'น.ส.', fname: 'ทดสอบ', lname: 'ไม่มีจริง', birthDate: '1980-04-13' },
  ...{ sex: 'female', nationality: '099' },
};
const right = {
  mainInscl: '(UCS) สิทธิหลักประกันสุขภาพแห่งชาติ',
  subInscl: '(89) ช่วงอายุ 12-59 ปี',
  hospMain: { hcode: '10978', hname: 'รพ.ทดสอบ' },
  hospMainOp: { hcode: '10978', hname: 'รพ.ทดสอบ' },
  hospSub: { hcode: '04047', hname: 'รพ.สต.ทดสอบ' },
  ...{ paidModel: '1', startDateTime: Date.UTC(2016, 11, 31, 17) },
};

test('a right, from the service’s own description; the description is read once, and only the configured host is spoken to', async () => {
  const { server, search } = await serviceThatGets(xml(returned(elements(GOOD))));
  expect(await search()).toEqual({ kind: 'right', right, person: who });
  expect(await search()).toMatchObject({ kind: 'right' });
  const lines = server.requests.map((r) => r.split(' HTTP')[0]);
  const path = '/ucwstokenp1/UCWSTokenP1';
  expect(lines).toEqual([`GET ${path}?wsdl`, `GET ${path}?xsd=1`, `POST ${path}`, `POST ${path}`]);
  const [first = '', second = '', post = ''] = server.requests;
  expect(`${first}${second}`).not.toContain(UC_TOKEN);
  const [head = '', sent = ''] = post.split('\r\n\r\n');
  expect(head).not.toContain(PID);
  expect(head).not.toContain(UC_TOKEN);
  expect(sent).toContain(
    `<tns:searchCurrentByPID><user_person_id>${ACCOUNT}</user_person_id><smctoken>${UC_TOKEN}</smctoken><person_id>${PID}</person_id></tns:searchCurrentByPID>`,
  );
});

describe('what an answer says', () => {
  test('no maininscl: no right', async () => {
    expect(await foundIn(without('maininscl'))).toEqual({ kind: 'no-right', person: who });
    expect(await foundIn({ ...GOOD, maininscl: ' ' })).toEqual({ kind: 'no-right', person: who });
  });

  test('no fname: nobody', async () => {
    expect(await foundIn(without('fname', 'lname', 'person_id'))).toEqual({ kind: 'unknown-person' });
    expect(await foundIn({ ...GOOD, fname: '' })).toEqual({ kind: 'unknown-person' });
  });

  test.each([
    ['13/04/2523', '1980-04-13'],
    ['25230400', '1980-04'],
    ['25230000', '1980'],
    ['2523-04-13', '1980-04-13'],
    ['19800413', '1980-04-13'],
    ['00000000', null],
    ['x', null],
  ])('birthdate %s', async (birthdate, birthDate) => {
    expect(await foundIn({ ...GOOD, birthdate })).toMatchObject({ person: { birthDate } });
  });

  test.each([
    ['01/01/2560', Date.UTC(2016, 11, 31, 17)],
    ['2560-01-01', Date.UTC(2016, 11, 31, 17)],
    ['25600229', null],
    ['NoExp', null],
    ['', null],
  ])('startdate %s', async (startdate, startDateTime) => {
    expect(await foundIn({ ...GOOD, startdate })).toMatchObject({ right: { startDateTime } });
  });

  test('only what decides is there', async () => {
    const { ws_status = '', fname = '', maininscl = '' } = GOOD;
    expect(await foundIn({ ws_status, fname, maininscl })).toEqual({
      kind: 'right',
      person: { title: null, fname: 'ทดสอบ', lname: null, birthDate: null, sex: null, nationality: null },
      right: {
        ...{ mainInscl: '(UCS)', subInscl: null, hospMain: null, hospMainOp: null, hospSub: null },
        ...{ paidModel: null, startDateTime: null },
      },
    });
  });

  test('attributes, nil, CDATA, comments, entities of XML and strange prefixes change nothing', async () => {
    const inside =
      '<ws_status xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xs="http://www.w3.org/2001/XMLSchema" xsi:type="xs:string">NHSO-000001</ws_status>' +
      '<lname xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"/><!-- x --><fname><![CDATA[ทดสอบ]]></fname>' +
      '<maininscl>UCS</maininscl><maininscl_name>&quot;a&quot; &lt; &#3585; &amp;amp;</maininscl_name><unknown><more/></unknown>';
    const answer = returned(inside).replaceAll('S:', 'soapenv:').replace('xmlns:S=', 'xmlns:soapenv=');
    const { search } = await serviceThatGets(xml(answer));
    expect(await search()).toMatchObject({
      person: { fname: 'ทดสอบ', lname: null },
      right: { mainInscl: '(UCS) "a" < ก &amp;' },
    });
  });
});

describe('what is no right, and never an empty one', () => {
  test.each([
    ['NHSO-00003', 'token-refused'],
    ['NHSO-000003', 'token-refused'],
    ['NHSO-00002', 'nhso-refused'],
    ['NHSO-00030', 'nhso-refused'],
    ['000001', 'nhso-refused'],
    ['nhso-000001', 'nhso-refused'],
    ['x', 'nhso-refused'],
  ])('ws_status %s: %s, with NHSO’s words, whatever else the answer holds', async (ws_status, code) => {
    const ws_status_desc = `ไม่ผ่าน ${PID} ${UC_TOKEN} ${ACCOUNT}`;
    const fault = await faultOf(foundIn({ ...GOOD, ws_status, ws_status_desc }));
    expect(fault).toMatchObject({ code, retry: 'no', detail: { wsStatus: ws_status } });
    expect(fault.detail.nhsoMessage).toBe('ไม่ผ่าน … … …');
    expect(fault.message).toContain('ไม่ผ่าน');
  });

  test.each<[string, string, string]>([
    ['no ws_status', xml(returned(elements(without('ws_status')))), 'agent-bad-answer yes'],
    ['two of them', xml(returned(`<ws_status>x</ws_status>${elements(GOOD)}`)), 'agent-bad-answer yes'],
    ['two names', xml(returned(`<fname>x</fname>${elements(GOOD)}`)), 'agent-bad-answer yes'],
    ['another person', xml(returned(elements({ ...GOOD, person_id: OTHER_PID }))), 'agent-bad-answer yes'],
    ['nothing returned', xml(body('<r xmlns="x"/>')), 'agent-bad-answer yes'],
    ['an empty return', xml(returned('')), 'agent-bad-answer yes'],
    ['an empty body', xml(body('')), 'agent-bad-answer yes'],
    ['the answer of another operation', xml(body('<x:otherResponse xmlns:x="x"/>')), 'agent-bad-answer yes'],
    ['another XML', xml('<feed/>'), 'nhso-unavailable yes'],
    ['cut off', xml(returned(elements(GOOD)).slice(0, -30)), 'nhso-unavailable yes'],
    [
      'cut inside, and closed',
      xml(`${returned(elements(GOOD)).slice(0, 200)}</Envelope>`),
      'agent-bad-answer yes',
    ],
    ['JSON', http(200, '{}'), 'agent-bad-answer yes'],
    ['nothing', xml(''), 'agent-bad-answer yes'],
    ['a fault of NHSO', xml(soapFaultBody('Server', 'ORA-12541'), 500), 'nhso-unavailable yes'],
    ['a fault of ours', xml(soapFaultBody('Client', 'no such operation'), 500), 'nhso-refused no'],
    ['a fault with 200', xml(soapFaultBody('Server', 'x')), 'nhso-unavailable yes'],
    ['a fault without words', xml(body('<S:Fault/>'), 500), 'agent-bad-answer yes'],
    ['a page', http(200, '<!DOCTYPE html><html><body>x</body></html>', 'text/xml'), 'nhso-unavailable yes'],
    ['a page, 500', http(500, '<html>Envelope</html>', 'text/html'), 'nhso-unavailable yes'],
    ['401', http(401, '', null), 'token-refused no'],
    ['403', xml('<error/>', 403), 'nhso-refused no'],
    ['404', http(404, '', null), 'nhso-refused no'],
    ['429', http(429, '', null), 'nhso-unavailable yes'],
    ['503', http(503, 'busy', 'text/plain'), 'nhso-unavailable yes'],
    [
      'a redirect',
      'HTTP/1.1 307 X\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n',
      'agent-bad-answer yes',
    ],
    ['too long', xml(`${returned(elements(GOOD))}${' '.repeat(200_000)}`), 'agent-bad-answer yes'],
  ])('%s', async (_, answer, expected) => {
    const { search } = await serviceThatGets(answer);
    const fault = await faultOf(search());
    expect(`${fault.code} ${fault.retry}`).toBe(expected);
  });

  test('the words of a fault are shown without the person, the token and who logged in', async () => {
    const { search } = await serviceThatGets(
      xml(soapFaultBody('Server', `1${PID}2 ${UC_TOKEN} ${ACCOUNT}`), 500),
    );
    const fault = await faultOf(search());
    expect(fault.detail.nhsoMessage).toBe('1…2 … …');
  });
});

describe('what the parser is kept from', () => {
  const own = elements(GOOD);
  const dtd = '<!DOCTYPE a [<!ENTITY xxe SYSTEM "file:///etc/hostname"><!ENTITY lol "lollol">]>';

  test.each<[string, string]>([
    ['a file of this machine', `${dtd}${returned(`${own}<lname>&xxe;</lname>`)}`],
    ['a document type behind the declaration', returned(own).replace('?>', `?>${dtd}`)],
    ['a document type in lower case', `<!doctype a>${returned(own)}`],
    ['an entity that nobody has declared', returned(`${own}<title>&xxe;</title>`)],
    ['a processing instruction', returned(`${own}<?xml-stylesheet href="x"?>`)],
    [
      'a declaration in CDATA, which the package would parse',
      returned(`<a><![CDATA[<?xml version="1.0"?><b/>]]></a>${own}`),
    ],
    ['a reference to the prototype of all', returned(`<a id="__proto__">x</a>${own}`)],
    ['the same, escaped', returned(`<a\n id\t= '&#95;_proto__'>x</a>${own}`)],
    ['the same, pointed at', returned(`<a href="#__proto__"/>${own}`)],
    ['the same of another name', returned(`<a b=""id="constructor">x</a>${own}`)],
  ])('%s: refused, and nothing of it stays', async (_, text) => {
    const before = Reflect.ownKeys(Object.prototype);
    const { search } = await serviceThatGets(xml(text));
    const fault = await faultOf(search());
    expect(fault).toMatchObject({ code: 'agent-bad-answer', retry: 'yes' });
    expect(Reflect.ownKeys(Object.prototype)).toEqual(before);
    expect({}).not.toHaveProperty('obj');
  });

  test('what only looks like it is no reason to refuse', async () => {
    const fields = { ...GOOD, lname: 'Idhref', paid_model: 'id', hsub_name: 'a<?b<!c' };
    expect(await foundIn(fields)).toMatchObject({ person: { lname: 'Idhref' }, right: { paidModel: 'id' } });
  });
});

describe('a description that is not one', () => {
  const describedBy = async (answer: string) => at(await rawServer((socket) => socket.write(answer)));

  test.each<[string, string, string]>([
    ['a page', http(200, '<html>login</html>', 'text/html'), 'nhso-unavailable'],
    ['another XML', xml('<feed/>'), 'agent-bad-answer'],
    ['cut off', xml(WSDL.slice(0, 505)), 'nhso-unavailable'],
    ['cut off at a bracket', xml(WSDL.slice(0, WSDL.indexOf('<portType'))), 'agent-bad-answer'],
    ['of another service', xml(WSDL.replaceAll('searchCurrentByPID', 'somethingElse')), 'agent-bad-answer'],
    ['nothing', http(404, '', null), 'nhso-refused'],
    ['nothing now', http(503, '', null), 'nhso-unavailable'],
    ['too long', xml(`<a>${' '.repeat(600_000)}</a>`), 'agent-bad-answer'],
    ['a document type', xml(`<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x">${WSDL}`), 'agent-bad-answer'],
  ])('%s', async (_, answer, code) => {
    const { search, server } = await describedBy(answer);
    expect(await faultOf(search())).toMatchObject({ code });
    expect(server.requests.join()).not.toContain(UC_TOKEN);
    expect(server.requests.every((r) => r.startsWith('GET '))).toBe(true);
  });

  test('imports without end', async () => {
    const server = await rawServer((socket, _, nth) => {
      const more = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="u:${nth}"><xs:import namespace="u:${nth + 1}" schemaLocation="?xsd=${nth}"/></xs:schema>`;
      socket.write(xml(nth === 1 ? WSDL : more));
    });
    expect(await faultOf(at(server).search())).toMatchObject({ code: 'agent-bad-answer' });
    expect(server.requests.length).toBeLessThan(12);
  });

  test('imports of itself, and of what lies on this machine', async () => {
    for (const location of [
      '?wsdl',
      'file:///etc/hostname',
      '/etc/hostname',
      'c:\\x.xsd',
      '../../x',
      '<?xml?>',
    ]) {
      const server = await rawServer((socket, request) => {
        const isFirst = /\?wsdl /.test(request);
        socket.write(
          isFirst
            ? xml(
                WSDL.replace(
                  /schemaLocation="[^"]*"/,
                  `schemaLocation="${location.replaceAll('<', '&lt;')}"`,
                ),
              )
            : http(404, '', null),
        );
      });
      const outcome = await faultOf(at(server, 3_000).search());
      expect([location, outcome.code]).toEqual([
        location,
        expect.stringMatching(/^(nhso-refused|nhso-unavailable|agent-bad-answer)$/),
      ]);
    }
  });
});

describe('a client is kept, and made anew after a failure', () => {
  test('the description is asked for again, and by one of many at once', async () => {
    let isWell = false;
    const { server, search } = await serviceThat((socket) =>
      socket.write(isWell ? xml(returned(elements(GOOD))) : http(503, '', null)),
    );
    await faultOf(search());
    isWell = true;
    await Promise.all([search(), search(), search(), search()]);
    expect(server.requests.filter((r) => r.includes('?wsdl'))).toHaveLength(2);
  });

  test('a refusal of NHSO’s is no failure of the client', async () => {
    const { server, search } = await serviceThatGets(xml(returned(elements({ ws_status: 'NHSO-00003' }))));
    await faultOf(search());
    await faultOf(search());
    expect(server.requests.filter((r) => r.includes('?wsdl'))).toHaveLength(1);
  });

  test('a description that failed is not kept', async () => {
    let isWell = false;
    const server = await rawServer((socket, request) => {
      if (!isWell) socket.write(http(503, '', null));
      else if (request.startsWith('POST')) socket.write(xml(returned(elements(GOOD))));
      else socket.write(xml(request.includes('xsd=1') ? XSD : WSDL));
    });
    const { search } = at(server);
    expect(await faultOf(search())).toMatchObject({ code: 'nhso-unavailable' });
    isWell = true;
    expect(await search()).toMatchObject({ kind: 'right' });
  });
});

test('nobody listens, nobody answers, and an answer that trickles', async () => {
  const nobody = openRightSearchSoap({ url: 'http://127.0.0.1:1/x', timeoutMs: TIMEOUT_MS });
  open.push(nobody);
  expect(await faultOf(nobody.search(PID, { value: UC_TOKEN, account: ACCOUNT }))).toMatchObject({
    code: 'nhso-unavailable',
    retry: 'yes',
  });
  const trickle = await soapServer((socket) => {
    socket.write('HTTP/1.1 200 X\r\ncontent-type: text/xml\r\n\r\n<a>');
    const drip = setInterval(() => socket.write(' '), 20);
    socket.once('close', () => clearInterval(drip));
  });
  for (const server of [await rawServer(() => undefined), trickle]) {
    const { search } = at(server, 1_500);
    const begun = performance.now();
    expect(await faultOf(search())).toMatchObject({ code: 'nhso-unavailable', retry: 'yes' });
    expect(performance.now() - begun).toBeLessThan(6_000);
  }
});

test.each<[string, { value: string; account: string | null }, string]>([
  ['nobody who logged in', { value: UC_TOKEN, account: null }, 'token-refused'],
  ['a token of two lines', { value: `${UC_TOKEN}\n`, account: ACCOUNT }, 'token-refused'],
  ['an account that is none', { value: UC_TOKEN, account: '<x/>' }, 'token-refused'],
])('%s: nothing is sent', async (_, token, code) => {
  const { server, rights } = await serviceThatGets(xml(''));
  expect(await faultOf(rights.search(PID, token))).toMatchObject({ code, retry: 'no' });
  expect(server.requests).toEqual([]);
});

test('no part of any error holds the person, the token or who logged in', async () => {
  const secrets = [PID, UC_TOKEN, ACCOUNT];
  const told = secrets.join(' ');
  const answers = [
    ...[xml(soapFaultBody('Server', told), 500), xml(soapFaultBody(told, told), 500), xml(`<a>${told}`)],
    ...[http(400, JSON.stringify({ message: told })), http(200, told, 'text/xml'), `${told}\r\n\r\n`],
    xml(returned(elements({ ws_status: told, ws_status_desc: told }))),
    xml(returned(elements({ ...GOOD, person_id: OTHER_PID }))),
    xml(returned(`<fname>${told}</fname><fname>${told}</fname><ws_status>NHSO-000001</ws_status>`)),
    xml(body(`<S:Fault><detail><a>${told}</a></detail><faultstring>${told}</faultstring></S:Fault>`), 500),
    `HTTP/1.1 302 X\r\nlocation: /${told}\r\ncontent-length: 0\r\n\r\n`,
  ];
  for (const answer of answers) {
    const { search } = await serviceThatGets(answer);
    const everything = everythingOf(await faultOf(search()));
    for (const secret of secrets) expect(everything).not.toContain(secret);
  }
});
