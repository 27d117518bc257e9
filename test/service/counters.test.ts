/** A counter's PC that is switched off: the counter beside it asks for the patients whose cards were read there. */

import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { NhsoAgentSimulator } from '../../simulators/nhso-agent/start.ts';
import { expectHistoryExplains, HisOfTheFile, type Hospital, openHospital } from './support/hospital.ts';
import { citizenIdOf } from './support/quiet.ts';

let his: HisOfTheFile;
let hospital: Hospital;
let neighbour: NhsoAgentSimulator;

beforeAll(async () => {
  his = await HisOfTheFile.start();
}, 60_000);
afterAll(() => his.close());
beforeEach(async () => {
  hospital = await openHospital(his, { hasSecondCounter: true });
  if (hospital.neighbour === null) throw new Error('no second counter');
  neighbour = hospital.neighbour;
});
afterEach(() => hospital.close());

async function patientWithCard(): Promise<string> {
  const vn = await hospital.visit(1);
  await hospital.poll();
  await hospital.card(1);
  return vn;
}

/** The calls of draft and confirm in their order, each with the counter that it went to. */
function asked(): string[] {
  const other = `10978@${neighbour.port}`;
  return hospital.nhso
    .requests({ pid: citizenIdOf(1) })
    .filter((r) => r.call === 'save-as-draft' || r.call === 'confirm-save')
    .map((r) => `${r.call} ${r.agent === other ? 'neighbour' : 'own'} ${r.outcome}`);
}

it('goes to the counter of the read as long as that is there', async () => {
  const vn = await patientWithCard();
  await hospital.work();
  expect((await hospital.case(vn)).state).toBe('written');
  expect(asked()).toEqual(['save-as-draft own answered', 'confirm-save own answered']);
});

it('goes to the neighbour with draft and confirm when it is off', async () => {
  const vn = await patientWithCard();
  await hospital.nhso.stop();
  await hospital.work();
  expect(await hospital.case(vn)).toMatchObject({ state: 'written', stationId: 'counter-1' });
  expect(asked()).toEqual(['save-as-draft neighbour answered', 'confirm-save neighbour answered']);
});

it('begins with a draft at the neighbour when it goes off between draft and confirm', async () => {
  const vn = await patientWithCard();
  while (asked().length === 0) await hospital.queue.work();
  await hospital.nhso.stop();
  await hospital.work();
  expect((await hospital.case(vn)).state).toBe('written');
  expect(asked()).toEqual([
    'save-as-draft own answered',
    'save-as-draft neighbour answered',
    'confirm-save neighbour answered',
  ]);
  expect(await hospital.events(vn)).toContain('confirm-not-sent');
  await expectHistoryExplains(hospital, vn);
});

it('takes a refusal there for none: the case waits for its own counter, and is not sent there again', async () => {
  const vn = await patientWithCard();
  await hospital.nhso.stop();
  neighbour.control.failNext({ call: 'save-as-draft', status: 400, message: 'correlationId', next: 99 });
  for (let round = 0; round < 3; round++) {
    await hospital.work();
    hospital.pass(2_000);
  }
  expect(await hospital.case(vn)).toMatchObject({ state: 'ready', reason: 'waiting-nhso' });
  expect(asked()).toEqual([]);
  expect(neighbour.control.requests({ call: 'save-as-draft' })).toHaveLength(1);
  await hospital.nhso.start();
  await hospital.work();
  expect((await hospital.case(vn)).state).toBe('written');
  expect(asked()).toEqual(['save-as-draft own answered', 'confirm-save own answered']);
});

it.each(['drop', 'timeout', '500', 'html'] as const)(
  'never goes to the neighbour with a confirm whose answer was lost (%s)',
  async (how) => {
    hospital.nhso.loseAnswers({ how });
    const vn = await patientWithCard();
    while ((await hospital.case(vn)).state !== 'unknown') await hospital.queue.work();
    await hospital.nhso.stop();
    // a look-up on the line that is just being closed is lost as well, and made again
    for (let turn = 0; turn < 3 && (await hospital.workOn(vn)).state === 'unknown'; turn++)
      hospital.pass(2_000);
    expect((await hospital.case(vn)).state).toBe('written');
    expect(hospital.confirms(1)).toBe(1);
    expect(asked().filter((call) => call.includes('neighbour'))).toEqual([]);
  },
);
