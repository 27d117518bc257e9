/** What the tests of the web services have in common: invented people and tokens, the SOAP service's papers, answers. */

import { type Answerer, http, type RawServer, rawServer } from '../raw-server.ts';

/** Invented: no office gives out numbers that begin with 9. */
export const PID = '9900000047118';
export const OTHER_PID = '9900000000014';
export const ACCOUNT = '9900000012349';
export const UUID = '0b5f7a52-5d1e-4c1e-9a36-3f1d0c9be001';
export const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ0ZXN0In0.c2lnbmF0dXJlLW9mLW5vYm9keQ';
export const UC_TOKEN = 'a1b2c3d4e5f6g7h8';
export const SERVICE_DATE = '2026-11-20';

/** Long enough for a busy machine. */
export const TIMEOUT_MS = 10_000;

const TNS = 'http://tokenws.ucws.nhso.go.th/';
const STRINGS = [
  ...['birthdate', 'cardid', 'expdate', 'fname', 'hmain', 'hmain_name', 'hmain_op', 'hmain_op_name', 'hsub'],
  ...['hsub_name', 'lname', 'maininscl', 'maininscl_name', 'nation', 'paid_model', 'person_id', 'sex'],
  ...[
    'startdate',
    'status',
    'subinscl',
    'subinscl_name',
    'title',
    'title_name',
    'ws_status',
    'ws_status_desc',
  ],
];

/** As JAX-WS publishes it, with a schema that is imported from a host of its own, which is not the one that was asked. */
export const WSDL = `<?xml version="1.0" encoding="UTF-8"?>
<!-- Published by JAX-WS RI -->
<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"
  xmlns:tns="${TNS}" xmlns:xsd="http://www.w3.org/2001/XMLSchema" targetNamespace="${TNS}" name="UCWSTokenP1">
  <types><xsd:schema><xsd:import namespace="${TNS}" schemaLocation="http://inside.invalid:80/ucwstokenp1/UCWSTokenP1?xsd=1"/></xsd:schema></types>
  <message name="searchCurrentByPID"><part name="parameters" element="tns:searchCurrentByPID"/></message>
  <message name="searchCurrentByPIDResponse"><part name="parameters" element="tns:searchCurrentByPIDResponse"/></message>
  <portType name="UCWSTokenP1"><operation name="searchCurrentByPID">
    <input message="tns:searchCurrentByPID"/><output message="tns:searchCurrentByPIDResponse"/>
  </operation></portType>
  <binding name="UCWSTokenP1PortBinding" type="tns:UCWSTokenP1">
    <soap:binding transport="http://schemas.xmlsoap.org/soap/http" style="document"/>
    <operation name="searchCurrentByPID"><soap:operation soapAction=""/>
      <input><soap:body use="literal"/></input><output><soap:body use="literal"/></output></operation>
  </binding>
  <service name="UCWSTokenP1"><port name="UCWSTokenP1Port" binding="tns:UCWSTokenP1PortBinding">
    <soap:address location="http://inside.invalid:80/ucwstokenp1/UCWSTokenP1"/></port></service>
</definitions>`;

export const XSD = `<?xml version="1.0" encoding="UTF-8"?>
<xs:schema xmlns:tns="${TNS}" xmlns:xs="http://www.w3.org/2001/XMLSchema" version="1.0" targetNamespace="${TNS}">
  <xs:element name="searchCurrentByPID" type="tns:searchCurrentByPID"/>
  <xs:element name="searchCurrentByPIDResponse" type="tns:searchCurrentByPIDResponse"/>
  <xs:complexType name="searchCurrentByPID"><xs:sequence>
    <xs:element name="user_person_id" type="xs:string" minOccurs="0"/>
    <xs:element name="smctoken" type="xs:string" minOccurs="0"/>
    <xs:element name="person_id" type="xs:string" minOccurs="0"/>
  </xs:sequence></xs:complexType>
  <xs:complexType name="searchCurrentByPIDResponse"><xs:sequence>
    <xs:element name="return" type="tns:nhsoDataSetC1" minOccurs="0"/>
  </xs:sequence></xs:complexType>
  <xs:complexType name="nhsoDataSetC1"><xs:sequence>
    <xs:element name="count_select" type="xs:int"/>
    ${STRINGS.map((name) => `<xs:element name="${name}" type="xs:string" minOccurs="0"/>`).join('\n    ')}
  </xs:sequence></xs:complexType>
</xs:schema>`;

export const GOOD: Readonly<Record<string, string>> = {
  ...{ person_id: PID, title_name: 'น.ส.', fname: 'ทดสอบ', lname: 'ไม่มีจริง', sex: '2', nation: '099' },
  ...{ birthdate: '25230413', maininscl: 'UCS', maininscl_name: 'สิทธิหลักประกันสุขภาพแห่งชาติ' },
  ...{ subinscl: '89', subinscl_name: 'ช่วงอายุ 12-59 ปี', hmain: '10978', hmain_name: 'รพ.ทดสอบ' },
  ...{ hmain_op: '10978', hmain_op_name: 'รพ.ทดสอบ', hsub: '04047', hsub_name: 'รพ.สต.ทดสอบ' },
  ...{ startdate: '25600101', expdate: 'NoExp', paid_model: '1', cardid: '100', count_select: '1' },
  ...{ ws_status: 'NHSO-000001', ws_status_desc: 'OK' },
};

export function elements(fields: Readonly<Record<string, string>>): string {
  const escaped = (text: string) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
  return Object.entries(fields)
    .map(([name, value]) => `<${name}>${escaped(value)}</${name}>`)
    .join('');
}

export function body(inside: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?><S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body>${inside}</S:Body></S:Envelope>`;
}

export function returned(inside: string): string {
  return body(
    `<ns2:searchCurrentByPIDResponse xmlns:ns2="${TNS}"><return>${inside}</return></ns2:searchCurrentByPIDResponse>`,
  );
}

export function soapFaultBody(code: string, words: string): string {
  return body(
    `<S:Fault xmlns=""><faultcode>S:${code}</faultcode><faultstring>${words}</faultstring></S:Fault>`,
  );
}

const XML_TYPE = 'text/xml;charset=utf-8';

export function xml(text: string, status = 200): string {
  return http(status, text, XML_TYPE);
}

/** A SOAP service whose description is sound and whose answers the test gives. */
export function soapServer(answer: Answerer): Promise<RawServer> {
  return rawServer((socket, request, nth) => {
    if (request.startsWith('POST ')) answer(socket, request, nth);
    else if (/^GET \S+\?wsdl /.test(request)) socket.write(xml(WSDL));
    else if (/^GET \S+\?xsd=1 /.test(request)) socket.write(xml(XSD));
    else socket.write(http(404, '', null));
  });
}
