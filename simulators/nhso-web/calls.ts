/** The calls of NHSO's web services by their own names, as faults, delays and the journal speak of them. */

export const WEB_CALLS = [
  'check-authen-status',
  'right-search',
  /** Renewal of an SRM token. */
  'access-token',
  /** The WSDL and its schema. */
  'wsdl',
  'searchCurrentByPID',
] as const;

export type WebCall = (typeof WEB_CALLS)[number];
