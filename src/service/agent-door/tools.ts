/** What the drop-in agent API works with. */

import type { StationMessage } from '../card-reads.ts';
import type { NhsoLine } from '../nhso-line.ts';
import type { Site, Station } from '../site.ts';
import type { StepTools } from '../steps/step.ts';

export interface DoorTools extends StepTools {
  /** Takes a card read in as if a reader worker had sent it. */
  accept(message: StationMessage): Promise<unknown>;
}

/** Who calls, found in the configuration. */
export interface Counter {
  site: Site;
  station: Station;
  line: NhsoLine;
  actor: string;
}
