/**
 * A client of NHSO's agent must not notice that it speaks to the bridge: each call is made to an agent directly and to another
 * one through the bridge, and the answers are compared letter by letter but for times and ids that are given out anew.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type NhsoAgentSimulator, startNhsoAgent } from '../../simulators/nhso-agent/start.ts';
import { claimOf, DoorHouse, doorClient, PublicClient, type Told } from '../service/agent-door/house.ts';
import { SAMPLE_HCODE, sampleCitizenId } from '../support/samples.ts';

let house: DoorHouse;
let direct: NhsoAgentSimulator;
/** The two agents in the same state: one behind the bridge, one not. */
let both: { agent: NhsoAgentSimulator; client: PublicClient }[];
beforeAll(async () => {
  house = await DoorHouse.open({ settings: { breakerFailures: 50 } });
  direct = await startNhsoAgent({ hcode: SAMPLE_HCODE });
  // ages are told as of today: near midnight the house's clock is another day's
  direct.control.clockOffset(house.rightMs);
  both = [
    { agent: direct, client: new PublicClient(direct.url) },
    { agent: house.agent, client: await doorClient(house) },
  ];
});
afterAll(async () => {
  await house.close();
  await direct.close();
});

/** Of a person that no other test has met. */
let people = 0;
const newPid = (): string => sampleCitizenId(70_000 + ++people);

type Play = (client: PublicClient, agent: NhsoAgentSimulator, pid: string) => Promise<Told>;

/** Plays the same on both and compares; returns what the client behind the bridge was told. */
async function same(play: Play): Promise<Told> {
  const pid = newPid();
  const told: Told[] = [];
  for (const { agent, client } of both) {
    agent.control.clearFaults();
    agent.control.nhsoUp();
    agent.control.plugReader();
    agent.control.insertCard(pid);
    told.push(await play(client, agent, pid));
    agent.control.nhsoUp();
    agent.control.clearFaults();
  }
  const [asked, through] = told.map(plain);
  expect(through).toEqual(asked);
  return told[1] as Told;
}

/** What must be the same, to the letter. */
function plain({ status, headers, text }: Told): object {
  const body = text
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uuid>')
    .replace(/\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}\+00:00/g, '<instant>')
    .replace(/\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}/g, '<time>')
    .replace(/(PP|EP)\d{10}/g, '<code>');
  return { status, type: headers.get('content-type'), body };
}

const read = (client: PublicClient): Promise<Told> => client.read();
const drafted =
  (more: Record<string, unknown>): Play =>
  async (client) =>
    client.draft(claimOf(await client.read(), more));
const confirmed =
  (more: Record<string, unknown>): Play =>
  async (client) =>
    client.confirm(claimOf(await client.read(), more));

const CALLS: readonly [what: string, status: number, play: Play][] = [
  ['terminals with a card', 200, (c) => c.call('GET', '/api/smartcard/terminals')],
  [
    'terminals without a card',
    200,
    (c, a) => {
      a.control.removeCard();
      return c.call('GET', '/api/smartcard/terminals');
    },
  ],
  [
    'terminals without a reader',
    200,
    (c, a) => {
      a.control.unplugReader();
      return c.call('GET', '/api/smartcard/terminals');
    },
  ],
  ['read', 200, read],
  ['read with the photo', 200, (c) => c.read(true)],
  ['read without the flag', 200, (c) => c.call('GET', '/api/smartcard/read')],
  [
    'read of a person without a right',
    200,
    (c, a, pid) => {
      a.control.addPeople([{ pid, right: 'none', claimTypes: [] }]);
      return c.read();
    },
  ],
  [
    'read without a card',
    500,
    (c, a) => {
      a.control.removeCard();
      return c.read();
    },
  ],
  [
    'read without a reader',
    418,
    (c, a) => {
      a.control.unplugReader();
      return c.read();
    },
  ],
  [
    'read while NHSO is down',
    500,
    (c, a) => {
      a.control.nhsoDown('500');
      return c.read();
    },
  ],
  ['read-card-only', 200, (c) => c.call('GET', '/api/smartcard/read-card-only?readImageFlag=false')],
  [
    'read-card-only with the photo',
    200,
    (c) => c.call('GET', '/api/smartcard/read-card-only?readImageFlag=true'),
  ],
  [
    'read-card-only with the photo, as Python writes it',
    200,
    (c) => c.call('GET', '/api/smartcard/read-card-only?readImageFlag=True'),
  ],
  [
    'read-card-only without a reader',
    418,
    (c, a) => {
      a.control.unplugReader();
      return c.call('GET', '/api/smartcard/read-card-only');
    },
  ],
  ['probe', 200, (c, _a, pid) => c.call('GET', `/api/smartcard/probe/${pid}`)],
  ['probe of no citizen id', 400, (c) => c.call('GET', '/api/smartcard/probe/12')],
  ['draft', 200, drafted({})],
  ['draft without hn and hcode', 200, drafted({ hn: undefined, hcode: undefined })],
  ['draft with a wrong mobile', 400, drafted({ mobile: '08-1234' })],
  ['draft with a wrong correlation id', 400, drafted({ correlationId: 'x' })],
  ['draft of nothing', 400, (c) => c.draft({})],
  ['draft of a list', 400, (c) => c.draft([])],
  [
    'draft while NHSO is down behind a proxy',
    502,
    async (c, a) => {
      const claim = claimOf(await c.read());
      a.control.nhsoDown('html');
      return c.draft(claim);
    },
  ],
  ['confirm', 200, confirmed({})],
  ['confirm without hn and hcode', 200, confirmed({ hn: undefined, hcode: undefined })],
  ['confirm of another claim type', 200, confirmed({ claimType: 'PG0130001' })],
  ['confirm with keys that nobody knows', 200, confirmed({ note: 'ก', more: { a: 1 } })],
  [
    'confirm with a citizen id as a number',
    200,
    async (c) => {
      const claim = claimOf(await c.read());
      return c.confirm({ ...claim, pid: Number(claim.pid) });
    },
  ],
  ['confirm with a wrong mobile', 400, confirmed({ mobile: '12' })],
  ['confirm without a mobile', 400, confirmed({ mobile: undefined })],
  ['confirm of a claim type that is not offered', 400, confirmed({ claimType: 'PG9999999' })],
  ['confirm with a correlation id of nobody', 400, confirmed({ correlationId: 'nobody' })],
  ['confirm for no citizen id', 400, confirmed({ pid: '12' })],
  ['confirm of nothing', 400, (c) => c.confirm({})],
  [
    'confirm without a reader',
    418,
    async (c, a) => {
      const claim = claimOf(await c.read());
      a.control.failNext({ call: 'confirm-save', status: 418, message: 'No card reader' });
      return c.confirm(claim);
    },
  ],
  [
    'the newest code, none',
    200,
    (c, _a, pid) => c.call('GET', `/api/nhso-service/latest-authen-code/${pid}`),
  ],
  [
    'the newest code',
    200,
    (c, a, pid) => {
      a.control.issueCode({ pid });
      return c.call('GET', `/api/nhso-service/latest-authen-code/${pid}`);
    },
  ],
  ['the newest code of no citizen id', 400, (c) => c.call('GET', '/api/nhso-service/latest-authen-code/123')],
  [
    'the newest five',
    200,
    (c, a, pid) => {
      a.control.issueCode({ pid, hcode: '11111' });
      a.control.issueCode({ pid, kind: 'EP' });
      return c.call('GET', `/api/nhso-service/latest-5-authen-code-all-hospital/${pid}`);
    },
  ],
  [
    'the newest five, none',
    200,
    (c, _a, pid) => c.call('GET', `/api/nhso-service/latest-5-authen-code-all-hospital/${pid}`),
  ],
  [
    'a look-up while NHSO is down',
    500,
    (c, a, pid) => {
      a.control.nhsoDown('500');
      return c.call('GET', `/api/nhso-service/latest-authen-code/${pid}`);
    },
  ],
  [
    'a look-up whose answer is cut',
    200,
    (c, a, pid) => {
      a.control.issueCode({ pid });
      a.control.loseAnswers({ call: 'latest-authen-code', how: 'cut-json' });
      return c.call('GET', `/api/nhso-service/latest-authen-code/${pid}`);
    },
  ],
  ['an address that is not there', 404, (c) => c.call('GET', '/api/smartcard/unplug')],
  ['a call with another method', 404, (c) => c.call('GET', '/api/nhso-service/confirm')],
  [
    'a body that is no JSON',
    415,
    (c) => c.call('POST', '/api/nhso-service/confirm-save', 'pid=1', { 'content-type': 'text/plain' }),
  ],
];

describe('through the bridge as from the agent itself', () => {
  test.each(CALLS)('%s: %i', async (_what, status, play) => {
    const told = await same(play);
    expect(told.status).toBe(status);
  });

  test('a body that is broken JSON is refused in the same form', async () => {
    for (const { client } of both) {
      const { status, json } = await client.confirm('{"pid":');
      expect(status).toBe(400);
      expect(Object.keys(json)).toEqual(['timestamp', 'status', 'error', 'message', 'path']);
      expect(json).toMatchObject({
        status: 400,
        error: 'Bad Request',
        path: '/api/nhso-service/confirm-save',
      });
      expect(json.message).toMatch(/^JSON parse error: /);
    }
  });

  test('for a person whose card was not read both say no; the bridge does so itself, in the same form', async () => {
    const pid = newPid();
    const other = newPid();
    const told: Told[] = [];
    for (const { agent, client } of both) {
      agent.control.insertCard(pid);
      told.push(await client.confirm({ ...claimOf(await client.read()), pid: other }));
    }
    const [asked, through] = told;
    expect([asked?.status, through?.status]).toEqual([400, 400]);
    expect(Object.keys(through?.json)).toEqual(Object.keys(asked?.json));
    expect(through?.json.message).toMatch(/อ่านบัตรใหม่.*was not read here today/);
    expect(through?.json.errors[0].defaultMessage).toMatch(/^pid: expected a person whose card was read/);
    expect(house.nhso.confirms(other)).toEqual([]);
  });

  test('the photo is passed on and stands nowhere', async () => {
    const told = await same((c) => c.read(true));
    expect(told.json.image).toMatch(/^\/9j\//);
    expect(
      JSON.stringify(await house.ledger.readsOfPerson(SAMPLE_HCODE, told.json.pid, today())),
    ).not.toContain(told.json.image);
    expect(house.logged()).not.toContain(told.json.image.slice(0, 40));
  });

  test('the call that leaks the token is not there', async () => {
    const [, through] = both;
    expect((await through?.client.call('GET', '/api/preference'))?.status).toBe(404);
  });

  test('a second request of the day is no refusal, but the code that is there', async () => {
    const pid = newPid();
    house.nhso.insertCard(pid);
    const client = await doorClient(house);
    const first = await client.confirm(claimOf(await client.read()));
    const again = await client.read();
    const second = await client.confirm(claimOf(again));
    expect(second.status).toBe(200);
    expect(second.json).toEqual({ ...first.json, correlationId: again.json.correlationId });
    expect(Object.keys(second.json)).toEqual(Object.keys(first.json));
    expect(house.nhso.confirms(pid)).toMatchObject([{ asked: 1, issued: 1 }]);
  });
});

function today() {
  return new Date(Date.now() + 7 * 3_600_000).toISOString().slice(0, 10) as never;
}
