/** Every HIS that the bridge speaks to. A new one: a folder beside `hosxp/`, and a line here. */

import type { HisAdapter } from '../../src/service/ports/his.ts';
import { HosxpAdapter } from './hosxp/adapter.ts';
import type { HisOptions } from './options.ts';

const ADAPTERS: Record<HisOptions['kind'], (options: HisOptions) => HisAdapter> = {
  hosxp: (options) => new HosxpAdapter(options),
};

/** Opens the adapter of a site. It connects at the first call. Throws BridgeError `config` when the URL is none. */
export function openHis(options: HisOptions): HisAdapter {
  return ADAPTERS[options.kind](options);
}
