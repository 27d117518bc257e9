/** What holds for an agent that is reached directly holds for one that is reached over its reader's line, test by test. */

import { afterAll, beforeAll, describe } from 'vitest';
import { reachAgentsBy } from '../given.ts';
import { openRig, type Rig } from './rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await openRig();
}, 60_000);
afterAll(() => rig.close());
reachAgentsBy((options) => rig.agentAt(options));

describe('with the simulated agent, over a line', async () => {
  await import('../agent.test.ts');
});
describe('the agent’s own words, over a line', async () => {
  await import('../pipe.test.ts');
});
describe('status by status, over a line', async () => {
  await import('../faults.test.ts');
});
describe('broken connections of the agent, over a line', async () => {
  await import('../wire.test.ts');
});
describe('whatever an agent answers, over a line', async () => {
  await import('../anything.test.ts');
});
