/** What a run works with, taken out of the house: the same for the bridge and for the command line. */

import type { House } from '../site.ts';
import type { StepTools } from '../steps/step.ts';
import type { NightTools } from './tools.ts';

export function nightTools(house: House, steps: Omit<StepTools, 'house'>): NightTools {
  return {
    ...{ ...steps, house, tokens: house.tokens },
    reported: house.ledger.reported,
    authenStatus: (hcode) => house.sites.get(hcode)?.authenStatus ?? null,
  };
}
