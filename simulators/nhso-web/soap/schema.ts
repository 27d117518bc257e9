/** The WSDL and schema of UCWSTokenP1 as JAX-WS serves them: document/literal wrapped, the schema by an import of `?xsd=1`. */

export const NAMESPACE = 'http://tokenws.ucws.nhso.go.th/';

/**
 * Every element of the answer, in its order (JAXB writes them by name). All are optional texts but the two that are named
 * below; `count_select` alone is always there, since Java's int cannot be absent.
 */
export const RETURN_FIELDS = [
  ...['birthdate', 'cardid', 'chat', 'count_select', 'expdate', 'fname', 'hmain', 'hmain_name', 'hmain_op'],
  ...['hmain_op_name', 'hsub', 'hsub_name', 'lname', 'maininscl', 'maininscl_main', 'maininscl_name'],
  ...['mastercup_id', 'nation', 'new_date_register', 'new_expdate', 'new_hmain', 'new_hmain_name'],
  ...[
    'new_hmain_op',
    'new_hmain_op_name',
    'new_hsub',
    'new_hsub_name',
    'new_maininscl',
    'new_maininscl_name',
  ],
  ...['new_mastercup_id', 'new_paid_model', 'new_purchaseprovince', 'new_purchaseprovince_name'],
  ...['new_staffname', 'new_startdate', 'new_subinscl', 'new_subinscl_name', 'new_type_register'],
  ...['new_type_register_desc', 'paid_model', 'person_id', 'primary_amphur_name', 'primary_moo'],
  ...['primary_mooban_name', 'primary_province_name', 'primary_tumbon_name', 'primaryprovince'],
  ...['purchaseprovince', 'purchaseprovince_name', 'sex', 'startdate', 'startdate_sss', 'status'],
  ...['status_desc', 'subinscl', 'subinscl_name', 'title', 'title_name', 'ws_data_source'],
  ...['ws_date_request', 'ws_status', 'ws_status_desc', 'wsid', 'wsid_batch'],
] as const;

const TYPES: Readonly<Record<string, string>> = {
  count_select: 'xs:int',
  new_date_register: 'xs:dateTime',
  ws_date_request: 'xs:dateTime',
};

/** `address`: where the service was reached, as the caller's Host header says. */
export function wsdl(address: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns:wsam="http://www.w3.org/2007/05/addressing/metadata" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:tns="${NAMESPACE}" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns="http://schemas.xmlsoap.org/wsdl/" targetNamespace="${NAMESPACE}" name="UCWSTokenP1">
<types>
<xsd:schema>
<xsd:import namespace="${NAMESPACE}" schemaLocation="${address}?xsd=1"></xsd:import>
</xsd:schema>
</types>
<message name="searchCurrentByPID">
<part name="parameters" element="tns:searchCurrentByPID"></part>
</message>
<message name="searchCurrentByPIDResponse">
<part name="parameters" element="tns:searchCurrentByPIDResponse"></part>
</message>
<portType name="UCWSTokenP1">
<operation name="searchCurrentByPID">
<input wsam:Action="${NAMESPACE}UCWSTokenP1/searchCurrentByPIDRequest" message="tns:searchCurrentByPID"></input>
<output wsam:Action="${NAMESPACE}UCWSTokenP1/searchCurrentByPIDResponse" message="tns:searchCurrentByPIDResponse"></output>
</operation>
</portType>
<binding name="UCWSTokenP1PortBinding" type="tns:UCWSTokenP1">
<soap:binding transport="http://schemas.xmlsoap.org/soap/http" style="document"></soap:binding>
<operation name="searchCurrentByPID">
<soap:operation soapAction=""></soap:operation>
<input>
<soap:body use="literal"></soap:body>
</input>
<output>
<soap:body use="literal"></soap:body>
</output>
</operation>
</binding>
<service name="UCWSTokenP1">
<port name="UCWSTokenP1Port" binding="tns:UCWSTokenP1PortBinding">
<soap:address location="${address}"></soap:address>
</port>
</service>
</definitions>
`;
}

export function schema(): string {
  const fields = RETURN_FIELDS.map((name) => {
    const type = TYPES[name] ?? 'xs:string';
    return `<xs:element name="${name}" type="${type}"${type === 'xs:int' ? '' : ' minOccurs="0"'}></xs:element>`;
  });
  const parameter = (name: string) =>
    `<xs:element name="${name}" type="xs:string" minOccurs="0"></xs:element>`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<xs:schema xmlns:tns="${NAMESPACE}" xmlns:xs="http://www.w3.org/2001/XMLSchema" version="1.0" targetNamespace="${NAMESPACE}">
<xs:element name="searchCurrentByPID" type="tns:searchCurrentByPID"></xs:element>
<xs:element name="searchCurrentByPIDResponse" type="tns:searchCurrentByPIDResponse"></xs:element>
<xs:complexType name="searchCurrentByPID">
<xs:sequence>
${['user_person_id', 'smctoken', 'person_id'].map(parameter).join('\n')}
</xs:sequence>
</xs:complexType>
<xs:complexType name="searchCurrentByPIDResponse">
<xs:sequence>
<xs:element name="return" type="tns:nhsoDataSetC1" minOccurs="0"></xs:element>
</xs:sequence>
</xs:complexType>
<xs:complexType name="nhsoDataSetC1">
<xs:sequence>
${fields.join('\n')}
</xs:sequence>
</xs:complexType>
</xs:schema>
`;
}
