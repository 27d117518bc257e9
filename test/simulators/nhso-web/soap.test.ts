/** The SOAP service by the real client of the soap package, from its WSDL; and by hand where the client hides the wire. */

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type NhsoWebSimulator, startNhsoWeb } from '../../../simulators/nhso-web/start.ts';
import { ask, PID, STAFF, soapClient } from './support.ts';

let web: NhsoWebSimulator;
beforeAll(async () => {
  web = await startNhsoWeb();
});
afterAll(() => web.close());
afterEach(() => web.control.reset());

test('the WSDL imports its schema, and names the address that the caller used', async () => {
  const wsdl = await ask(`${web.urls.ucws}?wsdl`);
  expect(wsdl.type).toMatch(/^text\/xml/);
  expect(wsdl.text).toContain(`schemaLocation="${web.urls.ucws}?xsd=1"`);
  expect(wsdl.text).not.toContain('complexType');
  expect((await ask(`${web.urls.ucws}?WSDL`)).text).toBe(wsdl.text);
  expect((await ask(`${web.urls.ucws}?xsd=1`)).text).toContain('<xs:complexType name="nhsoDataSetC1">');
});

test('a right, by client and WSDL: the fields, Buddhist dates, and nothing that is empty', async () => {
  web.control.addPeople([{ pid: PID, fname: 'ทดสอบ<&>', birthDate: '1974-06', sex: 'หญิง', right: 'SSS' }]);
  const search = await soapClient(web);
  const found = await search(web.control.ucLogIn(STAFF));
  expect(found).toMatchObject({
    ...{ ws_status: 'NHSO-000001', person_id: PID, fname: 'ทดสอบ<&>', sex: '2', birthdate: '25170600' },
    ...{ maininscl: 'SSS', maininscl_name: 'สิทธิประกันสังคม', subinscl: 'S1', hmain: '10978' },
    ...{ startdate: '25600501', expdate: 'NoExp', paid_model: '5', count_select: 0 },
  });
  expect(found).not.toHaveProperty('status_desc');
  expect(web.control.requests({ call: 'searchCurrentByPID' })).toMatchObject([
    { pid: PID, caller: STAFF, outcome: 'answered', status: 200 },
  ]);
});

test('no right: no maininscl; unknown: no name; both with the word for OK', async () => {
  const search = await soapClient(web);
  const token = web.control.ucLogIn(STAFF);
  web.control.addPeople([{ pid: PID, right: 'none' }]);
  const none = await search(token);
  expect(none).toMatchObject({ ws_status: 'NHSO-000001', fname: expect.any(String) });
  expect(none).not.toHaveProperty('maininscl');
  web.control.addPeople([{ pid: PID, known: false }]);
  const unknown = await search(token);
  expect(unknown).toMatchObject({ ws_status: 'NHSO-000001', person_id: PID });
  expect(unknown).not.toHaveProperty('fname');
});

describe('a token', () => {
  test('of nobody, of another person, and after a second log-in: NHSO-00003 and nothing of the person', async () => {
    const search = await soapClient(web);
    const first = web.control.ucLogIn(STAFF);
    expect(first).toMatch(/^[a-z0-9]{16}$/);
    expect((await search(first)).ws_status).toBe('NHSO-000001');
    expect((await search(first, PID, PID)).ws_status).toBe('NHSO-00003');
    expect((await search('0123456789abcdef')).ws_status).toBe('NHSO-00003');
    const second = web.control.ucLogIn(STAFF);
    const refused = await search(first);
    expect(refused.ws_status).toBe('NHSO-00003');
    expect(refused).not.toHaveProperty('fname');
    expect((await search(second)).ws_status).toBe('NHSO-000001');
    web.control.killToken('uc', STAFF);
    expect((await search(second)).ws_status).toBe('NHSO-00003');
    expect(web.control.logIns({ kind: 'uc' })).toMatchObject([{ account: STAFF }, { account: STAFF }]);
  });

  test('dies at 00:00 in Bangkok by NHSO’s clock, not a second before, and stays dead when the clock goes back', async () => {
    const search = await soapClient(web);
    const token = web.control.ucLogIn(STAFF);
    web.control.midnight();
    const offset = web.control.centre.clockOffsetMs;
    expect(new Date(web.control.centre.now()).toISOString()).toMatch(/T17:00:0\d/);
    web.control.clockOffset(offset - 60_000);
    expect((await search(token)).ws_status).toBe('NHSO-000001');
    web.control.clockOffset(offset);
    expect((await search(token)).ws_status).toBe('NHSO-00003');
    web.control.clockOffset(0);
    expect((await search(token)).ws_status).toBe('NHSO-00003');
    expect((await search(web.control.ucLogIn(STAFF))).ws_status).toBe('NHSO-000001');
  });
});

describe('what goes wrong', () => {
  test('a SOAP fault on request reaches the client as one', async () => {
    const search = await soapClient(web);
    web.control.failNext({ call: 'searchCurrentByPID', message: 'java.lang.NullPointerException' });
    await expect(search('x')).rejects.toMatchObject({
      root: { Envelope: { Body: { Fault: { faultcode: 'S:Server' } } } },
      message: expect.stringContaining('java.lang.NullPointerException'),
    });
    expect((await search('x')).ws_status).toBe('NHSO-00003');
  });

  test('another word of status, as often as ordered', async () => {
    const search = await soapClient(web);
    const token = web.control.ucLogIn(STAFF);
    web.control.statusWord({ status: 'NHSO-00099', description: 'ระบบขัดข้อง', next: 2 });
    for (const _ of [1, 2]) {
      const said = await search(token);
      expect(said).toMatchObject({ ws_status: 'NHSO-00099', ws_status_desc: 'ระบบขัดข้อง' });
      expect(said).not.toHaveProperty('fname');
    }
    expect((await search(token)).ws_status).toBe('NHSO-000001');
  });

  test.each(['500', 'html', 'reset', 'drop', 'cut-json', 'cut-body', 'empty'] as const)(
    'down by %s: the client has no answer that it could take for one',
    async (how) => {
      const search = await soapClient(web);
      const token = web.control.ucLogIn(STAFF);
      web.control.down(how, 'searchCurrentByPID');
      const found = await search(token).then(
        (answer) => answer?.ws_status,
        () => 'failed',
      );
      expect(['failed', undefined]).toContain(found);
      expect(web.control.counts().searchCurrentByPID).toMatchObject({ asked: 1, answered: 0, failed: 1 });
      web.control.up();
      expect((await search(token)).ws_status).toBe('NHSO-000001');
    },
  );
});

describe('by hand', () => {
  const envelope = (body: string) =>
    `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Header/><e:Body>${body}</e:Body></e:Envelope>`;
  const post = (xml: string, type = 'text/xml; charset=utf-8') =>
    ask(web.urls.ucws, { method: 'POST', body: xml, headers: { 'content-type': type } });
  const args = (token: string) =>
    `<user_person_id>${STAFF}</user_person_id><smctoken><![CDATA[${token}]]></smctoken><person_id>${PID}</person_id>`;
  const NS = 'http://tokenws.ucws.nhso.go.th/';

  test('any prefix and CDATA will do', async () => {
    const token = web.control.ucLogIn(STAFF);
    const { status, text } = await post(
      envelope(`<tok:searchCurrentByPID xmlns:tok="${NS}"><!-- -->${args(token)}</tok:searchCurrentByPID>`),
    );
    expect(status).toBe(200);
    expect(text).toContain('<ws_status>NHSO-000001</ws_status>');
  });

  test('children in the namespace are not seen: the schema leaves them unqualified', async () => {
    const token = web.control.ucLogIn(STAFF);
    const { text } = await post(
      envelope(`<searchCurrentByPID xmlns="${NS}">${args(token)}</searchCurrentByPID>`),
    );
    expect(text).toContain('<ws_status>NHSO-00003</ws_status>');
  });

  test.each([
    ['another namespace', envelope('<searchCurrentByPID xmlns="urn:x"/>'), 'Cannot find dispatch method'],
    ['another operation', envelope(`<t:search xmlns:t="${NS}"/>`), 'Cannot find dispatch method'],
    ['not well formed', '<e:Envelope>', "Couldn't create SOAP message"],
    [
      'SOAP 1.2',
      '<Envelope xmlns="http://www.w3.org/2003/05/soap-envelope"/>',
      "Couldn't create SOAP message",
    ],
    ['a DOCTYPE', `<!DOCTYPE x [<!ENTITY a "b">]>${envelope('')}`, 'DOCTYPE'],
    ['an empty body', envelope(''), 'The body is empty'],
  ])('%s: a SOAP fault', async (_what, xml, words) => {
    const { status, type, text } = await post(xml);
    expect(status).toBe(500);
    expect(type).toBe('text/xml;charset=utf-8');
    expect(text).toContain('<faultcode>S:');
    expect(text).toContain(words);
  });

  test('said to be JSON: 415', async () => {
    expect((await post(envelope(''), 'application/json')).status).toBe(415);
  });
});
