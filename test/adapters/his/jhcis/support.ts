import type { JhcisOptions } from '../../../../adapters/his/options.ts';
import { CANCELLED_FLAG } from '../../../../simulators/his/jhcis/sample-day.ts';
import { HCODE } from '../support.ts';

export function jhcisOptions(given: Partial<JhcisOptions> & { url: string }): JhcisOptions {
  return {
    hcode: HCODE,
    kind: 'jhcis',
    writeClaimType: true,
    writeClaimDateTime: true,
    cancelledFlags: [CANCELLED_FLAG],
    connections: 2,
    statementTimeoutMs: 10_000,
    ...given,
  };
}
