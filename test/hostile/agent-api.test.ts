/**
 * Whatever a client sends to the drop-in agent API: the agent's answer, or a refusal in the agent's form, soon; nothing in the log
 * that nobody foresaw, nobody's citizen id, and never a code for what was not asked.
 */

import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { claimOf, DoorHouse, doorClient, type PublicClient, type Told } from '../service/agent-door/house.ts';
import { evilText, mutated, PERSON, spoiltText } from './evil.ts';

const BOUND_MS = 10_000;
const FORM = ['timestamp', 'status', 'error', 'message', 'path'];

let house: DoorHouse;
let client: PublicClient;
let good: Record<string, unknown>;
beforeAll(async () => {
  house = await DoorHouse.open({ settings: { breakerFailures: 1e6 } });
  client = await doorClient(house);
  house.nhso.insertCard(PERSON);
  good = claimOf(await client.read());
});
afterAll(() => house.close());
afterEach(() => {
  expect(house.logged()).not.toContain('unforeseen');
  // twelve digits tell the thirteenth
  expect(house.logged()).not.toContain(PERSON.slice(0, 12));
});

async function judged(request: Promise<Told>): Promise<number> {
  const begun = performance.now();
  const { status, json, text } = await request;
  expect(performance.now() - begun).toBeLessThan(BOUND_MS);
  if (status < 400) return status;
  expect([status, text]).toEqual([expect.toBeOneOf([400, 404, 405, 413, 415]), text]);
  expect(Object.keys(json).slice(0, 5)).toEqual(FORM);
  return status;
}

describe('the agent API bears', () => {
  test('good bodies that were changed', async () => {
    const seen = new Set<number>();
    await fc.assert(
      fc.asyncProperty(
        fc.constant(null).chain(() => mutated(good)),
        fc.boolean(),
        async (body, isDraft) => {
          const sent = JSON.stringify(body) ?? '';
          seen.add(await judged(isDraft ? client.draft(sent) : client.confirm(sent)));
        },
      ),
      { numRuns: 200 },
    );
    expect(seen).toContain(400);
    expect(house.nhso.codes().filter((c) => c.pid !== PERSON)).toEqual([]);
    for (const { issued } of house.nhso.confirms()) expect(issued).toBeLessThanOrEqual(1);
  });

  test('texts that were spoilt, and bodies that are too large', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constant(null).chain(() => spoiltText(good)),
        async (text) => {
          await judged(client.confirm(text));
        },
      ),
      { numRuns: 100 },
    );
    expect(await judged(client.confirm({ ...good, hn: 'x'.repeat(300_000) }))).toBe(413);
    expect(await judged(client.confirm({ ...good, mobile: '0'.repeat(200) }))).toBe(400);
  });

  test('addresses that are none of the agent’s', async () => {
    const name = fc.constantFrom(
      'latest-authen-code',
      'latest-5-authen-code-all-hospital',
      '../smartcard/probe',
      '..',
    );
    const odd = fc.oneof(
      evilText.map((t) => encodeURIComponent(t.toWellFormed())),
      fc.constantFrom('%00', '%ff', '%E0%A4%A', '%2e%2e%2f', '..', '.', '%2F', PERSON, `${PERSON}%20`, '%'),
    );
    await fc.assert(
      fc.asyncProperty(name, odd, async (call, pid) => {
        await judged(client.call('GET', `/api/nhso-service/${call}/${pid}`));
      }),
      { numRuns: 200 },
    );
    const made = house.nhso.requests().map((r) => r.call);
    expect(new Set(made)).not.toContain('preference');
  });
});
