/** What every HIS adapter must do for the bridge: the same tests run against each, on its real engine. */

import { afterAll, beforeAll } from 'vitest';
import { changesContract } from './changes.ts';
import { doctorContract } from './doctor.ts';
import type { Bench, HisUnderTest } from './support.ts';
import { visitsContract } from './visits.ts';
import { writeBackContract } from './write-back.ts';

export function hisContract(setUp: () => Promise<HisUnderTest>): void {
  let bench: Bench | undefined;
  const ready = (): Bench => {
    if (bench === undefined) throw new Error('the HIS could not be set up');
    return bench;
  };

  beforeAll(async () => {
    const made = await setUp();
    bench = { ...made, his: made.open() };
  }, 180_000);

  afterAll(async () => {
    await bench?.his.close();
    await bench?.drop();
  }, 60_000);

  visitsContract(ready);
  changesContract(ready);
  writeBackContract(ready);
  doctorContract(ready);
}
