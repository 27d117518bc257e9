/** What a client gains by calling the bridge in the agent's place: asked once, found again, kept, and told in the case's history. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serviceDateOf } from '../../../src/domain/bangkok.ts';
import { LOOKUPS_AT_MOST } from '../../../src/domain/machine/lost-answer.ts';
import { SAMPLE_HCODE, sampleCitizenId } from '../../support/samples.ts';
import { claimOf, DoorHouse, doorClient, type PublicClient, STATIONS } from './house.ts';
import { ASKED_ONCE, askedOf, askOf, codesOf, nextPerson } from './people.ts';

let house: DoorHouse;
let client: PublicClient;
beforeAll(async () => {
  house = await DoorHouse.open({ settings: { breakerFailures: 20 } });
  client = await doorClient(house);
});
afterAll(() => house.close());

/** As if it had been asked for a minute earlier, and all look-ups but two had been made. */
async function isMinuteOlder(n: number): Promise<void> {
  for (;;) {
    const ask = await askOf(house, n);
    if (ask === null) throw new Error('it was asked for');
    const { version, askedAt } = ask;
    const older = { askedAt: askedAt - 60_000, emptyLookups: LOOKUPS_AT_MOST - 2, lookAt: house.clock.now() };
    if (await house.ledger.doorAsks.put({ ...ask, ...older, version: version + 1 })) return;
  }
}

describe('before the visit is there', () => {
  test('the code is kept, given again, and goes to the visit when it comes', async () => {
    const n = nextPerson(house);
    const claim = claimOf(await client.read());
    const first = await client.confirm(claim);
    expect(first.status).toBe(200);
    expect(await askOf(house, n)).toMatchObject({ state: 'issued', claimCode: first.json.claimCode });
    expect((await client.confirm(claim)).json).toEqual(first.json);
    const vn = house.visit(n);
    await house.poll();
    await house.caseIn(vn, 'written');
    expect(house.codeInHis(vn)).toBe(first.json.claimCode);
    expect(askedOf(house, n)).toEqual(ASKED_ONCE);
    expect(await askOf(house, n)).toMatchObject({ state: 'case', vn });
    expect((await client.confirm(claim)).json).toEqual(first.json);
    expect(askedOf(house, n)).toEqual(ASKED_ONCE);
  });

  test('the history of the visit says whose it was', async () => {
    const n = nextPerson(house);
    const { json } = await client.confirm(claimOf(await client.read()));
    const vn = house.visit(n);
    await house.poll();
    await house.caseIn(vn, 'written');
    const line = (await house.history(vn)).find((h) => h.event === 'code-issued');
    expect(line).toMatchObject({
      actor: `key:his of counter-1 agent-api:use`,
      detail: { through: 'agent-api', claimCode: json.claimCode, stationId: 'counter-1' },
    });
  });

  test('a visit without a phone gets it as well: the client had the phone', async () => {
    const n = nextPerson(house);
    const { json } = await client.confirm(claimOf(await client.read()));
    const vn = house.visit(n, { phones: [] });
    await house.poll();
    await house.caseIn(vn, 'written');
    expect(house.codeInHis(vn)).toBe(json.claimCode);
    expect(house.nhso.codes(sampleCitizenId(n))).toMatchObject([{ mobile: '0898765432' }]);
  });

  test('the claim type is the one that the client has chosen', async () => {
    const n = nextPerson(house);
    const { json } = await client.confirm(claimOf(await client.read(), { claimType: 'PG0130001' }));
    const vn = house.visit(n);
    await house.poll();
    const written = await house.caseIn(vn, 'written');
    expect(written).toMatchObject({ claimType: 'PG0130001', code: { claimCode: json.claimCode } });
    expect(codesOf(house, n)).toEqual([json.claimCode]);
  });

  test('a lost answer is looked up, and the client gets the code', async () => {
    const n = nextPerson(house);
    const claim = claimOf(await client.read());
    house.nhso.loseAnswers({ next: 1, how: 'drop' });
    const { status, json } = await client.confirm(claim);
    expect(status).toBe(200);
    expect([json.claimCode]).toEqual(codesOf(house, n));
    expect(askedOf(house, n)).toEqual(ASKED_ONCE);
  });

  test('nothing was issued: asked again after empty look-ups, and not while the first may be at work', async () => {
    const n = nextPerson(house);
    const claim = claimOf(await client.read());
    house.nhso.failNext({ call: 'confirm-save', status: 500 });
    const begun = house.nhso.requests().length;
    // as long as a confirm may take, nothing can be said; a client that repeats it waits on
    expect((await client.confirm(claim)).status).toBe(500);
    expect(askedOf(house, n)).toEqual([]);
    await isMinuteOlder(n);
    const { status, json } = await client.confirm(claim);
    expect(status).toBe(200);
    expect(askedOf(house, n)).toEqual(ASKED_ONCE);
    expect(codesOf(house, n)).toEqual([json.claimCode]);
    const calls = house.nhso
      .requests()
      .slice(begun)
      .filter((r) => r.pid === sampleCitizenId(n) || r.status === 500);
    const [failed, again] = calls.flatMap((r, i) => (r.call === 'confirm-save' ? [i] : []));
    const between = calls.slice(failed, again).filter((r) => r.call === 'latest-authen-code');
    expect(between.length).toBeGreaterThanOrEqual(2);
  });

  test('two clients at once are one request', async () => {
    const n = nextPerson(house);
    const claim = claimOf(await client.read());
    house.nhso.delay(300, 'confirm-save');
    const other = await doorClient(house, STATIONS[1]);
    const told = await Promise.all([client.confirm(claim), other.confirm(claim), client.confirm(claim)]);
    expect(new Set(told.map((t) => t.json.claimCode))).toEqual(new Set(codesOf(house, n)));
    expect(askedOf(house, n)).toEqual(ASKED_ONCE);
  });

  test('what a kiosk has got already is found when NHSO refuses', async () => {
    const n = nextPerson(house);
    const { claimCode } = house.nhso.issueCode({ pid: sampleCitizenId(n), channel: 'kiosk' });
    const claim = claimOf(await client.read());
    const { status, json } = await client.confirm(claim);
    expect([status, json.claimCode, json.correlationId]).toEqual([200, claimCode, claim.correlationId]);
    expect(await askOf(house, n)).toMatchObject({ state: 'issued', claimCode });
  });

  test('a refusal that is one comes as it came, and what was refused may be asked again', async () => {
    const n = nextPerson(house);
    const claim = claimOf(await client.read());
    const refused = await client.confirm({ ...claim, mobile: '12' });
    expect(refused.status).toBe(400);
    expect(refused.json.errors[0].defaultMessage).toBe('หมายเลขโทรศัพท์ต้องเป็นตัวเลข 10 หลัก');
    expect(await askOf(house, n)).toMatchObject({ state: 'free' });
    expect((await client.confirm(claim)).status).toBe(200);
  });
});

describe('card reads', () => {
  const reads = (n: number) =>
    house.ledger.readsOfPerson(SAMPLE_HCODE, sampleCitizenId(n), serviceDateOf(house.clock.now()));

  test('are kept once for a card that lies there, whoever reads it how often', async () => {
    const n = nextPerson(house);
    await client.call('GET', '/api/smartcard/read-card-only?readImageFlag=true');
    expect(await reads(n)).toEqual([]);
    const { json } = await client.read();
    await client.read();
    expect(await reads(n)).toMatchObject([
      {
        kind: 'full',
        stationId: 'counter-1',
        correlationId: json.correlationId,
        right: { mainInscl: json.mainInscl },
      },
    ]);
    // the same person at another counter is another read
    house.neighbour.control.insertCard(sampleCitizenId(n));
    await (await doorClient(house, STATIONS[1])).read();
    expect((await reads(n)).map((r) => r.stationId)).toEqual(['counter-1', 'counter-2']);
  });

  test('a probe is none', async () => {
    const n = nextPerson(house);
    expect((await client.call('GET', `/api/smartcard/probe/${sampleCitizenId(n)}`)).status).toBe(200);
    expect(await reads(n)).toEqual([]);
  });
});

describe('refusals of the bridge’s own, in the agent’s form', () => {
  test('another hospital: NHSO would issue the code in our name', async () => {
    nextPerson(house);
    const { status, json } = await client.confirm(claimOf(await client.read(), { hcode: '11111' }));
    expect(status).toBe(400);
    expect(json.errors[0]).toMatchObject({
      field: 'hcode',
      defaultMessage: expect.stringContaining(SAMPLE_HCODE),
    });
  });

  test('an agent that is stopped is a 500 with words for the clerk, and no citizen id', async () => {
    const n = nextPerson(house);
    await house.agent.control.stop();
    const lookUp = await client.call('GET', '/api/smartcard/terminals');
    const probe = await client.call('GET', `/api/smartcard/probe/${sampleCitizenId(n)}`);
    await house.agent.control.start();
    for (const { status, json, text } of [lookUp, probe]) {
      expect(status).toBe(500);
      expect(Object.keys(json)).toEqual(['timestamp', 'status', 'error', 'message', 'path']);
      expect(json.message).toMatch(/ติดต่อ.* · The NHSO agent at this counter cannot be reached/);
      expect(text).not.toContain(sampleCitizenId(n));
    }
  });

  test('a look-up goes over another counter while one is away', async () => {
    const n = nextPerson(house);
    const { claimCode } = house.nhso.issueCode({ pid: sampleCitizenId(n) });
    await house.agent.control.stop();
    const { status, json } = await client.call(
      'GET',
      `/api/nhso-service/latest-authen-code/${sampleCitizenId(n)}`,
    );
    await house.agent.control.start();
    expect([status, json.claimCode]).toEqual([200, claimCode]);
  });

  test('no key, a key of another kind, a key of no station', async () => {
    const path = '/agent/api/smartcard/terminals';
    const ask = (key: string) =>
      fetch(`${house.url}${path}`, { headers: key === '' ? {} : { authorization: `Bearer ${key}` } });
    const none = await ask('');
    expect([none.status, await none.json()]).toEqual([
      401,
      expect.objectContaining({ status: 401, code: 'unauthenticated' }),
    ]);
    const other = await ask(await house.key('counter-1', ['card-reads:write']));
    expect(other.status).toBe(403);
    expect(((await other.json()) as { message: string }).message).toContain('agent-api:use');
  });

  test('no log line holds a citizen id, a name or a key', async () => {
    const n = nextPerson(house);
    const pid = sampleCitizenId(n);
    const read = await client.read();
    await client.call('GET', `/api/nhso-service/latest-authen-code/${pid}`);
    await client.call('GET', `/api/nhso-service/latest-5-authen-code-all-hospital/${pid}`);
    await client.call('GET', `/api/nhso-service/nothing/${pid}`);
    await client.confirm(claimOf(read));
    const log = house.logged();
    expect(log).toContain('/agent/api/nhso-service/latest-authen-code/{pid}');
    expect(log).not.toContain(pid);
    expect(log).not.toContain(read.json.lname);
    expect(log).not.toContain((await house.key()).slice(20));
  });
});

describe('while NHSO is down', () => {
  test('nobody waits: the answer is a 500 at once, and the card alone counts as a read', async () => {
    const down = await DoorHouse.open({ settings: { breakerFailures: 1, probeMs: 60_000 } });
    try {
      const own = await doorClient(down);
      const pid = sampleCitizenId(59_001);
      down.nhso.insertCard(pid);
      const read = await own.read();
      down.nhso.nhsoDown('500');
      expect((await own.call('GET', `/api/nhso-service/latest-authen-code/${pid}`)).status).toBe(500);
      const calls = () => down.nhso.requests().filter((r) => r.call !== 'terminals').length;
      const before = calls();
      const began = performance.now();
      for (const told of [
        await own.confirm(claimOf(read)),
        await own.draft(claimOf(read)),
        await own.read(),
      ]) {
        expect([told.status, told.json.error]).toEqual([500, 'Internal Server Error']);
        expect(told.json.message).toContain('ติดต่อ สปสช. ไม่ได้');
      }
      expect(performance.now() - began).toBeLessThan(2_000);
      expect(calls()).toBe(before);
      const other = sampleCitizenId(59_002);
      down.nhso.insertCard(other);
      expect((await own.call('GET', '/api/smartcard/read-card-only')).status).toBe(200);
      const kept = await down.ledger.readsOfPerson(SAMPLE_HCODE, other, serviceDateOf(down.clock.now()));
      expect(kept).toMatchObject([{ kind: 'card-only', stationId: 'counter-1' }]);
    } finally {
      await down.close();
    }
  });
});

describe('in the PROD zone', () => {
  test('there is no probe', async () => {
    const prod = await DoorHouse.open({ zone: 'prod' });
    try {
      const own = await doorClient(prod);
      expect((await own.call('GET', `/api/smartcard/probe/${sampleCitizenId(1)}`)).status).toBe(404);
      expect(prod.nhso.requests({ call: 'probe' })).toEqual([]);
    } finally {
      await prod.close();
    }
  });
});
