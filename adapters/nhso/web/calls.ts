/** NHSO's web services, call by call. Each only asks, so one whose answer was lost may be made again. */

import type { NhsoCall } from '../calls.ts';

const asks = { asksNhso: true, whenLost: 'yes', mayBeEmpty: false } as const;

export const WEB_CALLS = {
  authenStatus: { ...asks, name: 'check-authen-status' },
  rightSearch: { ...asks, name: 'right-search' },
  searchCurrent: { ...asks, name: 'searchCurrentByPID' },
  /** The description of the SOAP service, which stands before its first call. */
  wsdl: { ...asks, name: 'UCWSTokenP1?wsdl' },
} as const satisfies Record<string, NhsoCall>;
