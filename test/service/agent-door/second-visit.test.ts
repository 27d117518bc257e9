/**
 * A person comes twice: on one day, and the first visit has the client's code by another way; or on the next day, which is the one that
 * the code bears.
 */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { DAY_MS } from '../../../src/domain/bangkok.ts';
import { sampleCitizenId } from '../../support/samples.ts';
import { claimOf, DoorHouse, doorClient, type PublicClient } from './house.ts';

let house: DoorHouse;
let client: PublicClient;
beforeAll(async () => {
  house = await DoorHouse.open();
  client = await doorClient(house);
});
afterAll(() => house.close());

/** A client gets the person's code before any visit is there. */
async function codeOf(n: number): Promise<string> {
  house.nhso.insertCard(sampleCitizenId(n));
  const { json } = await client.confirm(claimOf(await client.read()));
  return json.claimCode;
}

/** The person is registered once more, with the card that the client has read, or reads again. */
async function comesAgain(n: number): Promise<string> {
  house.pass(180_000);
  const vn = house.visit(n);
  await client.read();
  await house.poll();
  return vn;
}

const askedOnce = (n: number) =>
  expect(house.nhso.confirms(sampleCitizenId(n))).toMatchObject([{ asked: 1, issued: 1, refused: 0 }]);

test('the client has typed it into the HIS: no second one is asked for', async () => {
  const n = 71_001;
  const code = await codeOf(n);
  const first = house.visit(n, { code });
  await house.poll();
  expect(await house.caseIn(first, 'written')).toMatchObject({ code: { claimCode: code, source: 'his' } });
  const second = await comesAgain(n);
  expect(await house.caseIn(second, 'needs-staff')).toMatchObject({
    ...{ reason: 'same-day-code', reasonDetail: first, code: null },
  });
  askedOnce(n);
});

test('a code bears the next day, as the bridge’s clock is behind: on that day it is given, and none is asked for', async () => {
  const n = 71_003;
  house.nhso.clockOffset(house.rightMs + DAY_MS);
  const code = await codeOf(n);
  // the bridge's midnight comes as well
  house.pass(DAY_MS);
  expect(await codeOf(n)).toBe(code);
  const vn = house.visit(n);
  await house.poll();
  await house.caseIn(vn, 'written');
  expect(house.codeInHis(vn)).toBe(code);
  askedOnce(n);
});
