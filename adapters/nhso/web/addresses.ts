/** Where NHSO's web services listen (reference: NHSO systems, §4 and §5), and a few settings that they share. */

export type Zone = 'test' | 'prod';

/** Base addresses of check-authen-status; behind them comes `/api/check-authen-status`. */
export const AUTHEN_STATUS_URL: Readonly<Record<Zone, string>> = {
  prod: 'https://authenucws.nhso.go.th/authencodestatus',
  test: 'https://test.nhso.go.th/authencodestatus',
};

export type RightSource = 'ucws' | 'srm';

/** The whole address of each right search; of the SOAP service no second one is known, so both zones ask the same. */
export const RIGHT_SEARCH_URL: Readonly<Record<RightSource, Readonly<Record<Zone, string>>>> = {
  ucws: {
    prod: 'http://ucws.nhso.go.th/ucwstokenp1/UCWSTokenP1',
    test: 'http://ucws.nhso.go.th/ucwstokenp1/UCWSTokenP1',
  },
  srm: {
    prod: 'https://srm.nhso.go.th/api/ucws/v1/right-search',
    test: 'https://tsrm.nhso.go.th/api/ucws/v1/right-search',
  },
};

/** Over the internet and with TLS a connection takes longer than to a counter PC. */
const CONNECT_MS = 10_000;

/** The night and the rights ask within a rate of a few calls a second. */
export const WEB_LINE = { connections: 8, connectMs: CONNECT_MS } as const;
