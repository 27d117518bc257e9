import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type NhsoAgentSimulator, startNhsoAgent } from '../../../simulators/nhso-agent/start.ts';
import { serviceDateOf } from '../../../src/domain/bangkok.ts';
import { BridgeError } from '../../../src/domain/bridge-error.ts';
import type { ClaimRequest, NhsoAgent } from '../../../src/service/ports/nhso-agent.ts';
import { agentAt, faultOf, HASTY, isCarried, PID, REQUEST } from './given.ts';

let simulator: NhsoAgentSimulator;
let agent: NhsoAgent;
/** Gives up soon: for agents that hang. */
let hasty: NhsoAgent;

beforeAll(async () => {
  simulator = await startNhsoAgent({ hcode: '10978' });
  agent = agentAt(simulator.url);
  hasty = agentAt(simulator.url, { timeouts: HASTY });
});
afterAll(async () => {
  await Promise.all([agent.close(), hasty.close()]);
  await simulator.close();
});
beforeEach(() => simulator.control.insertCard(PID));
afterEach(() => simulator.control.reset());

/** Reads the card and makes the request that belongs to the read. */
async function readRequest(): Promise<ClaimRequest> {
  const { correlationId } = await agent.read();
  if (correlationId === null) throw new Error('the simulator gave no correlation id');
  return { ...REQUEST, correlationId };
}

describe('with a card in the reader and NHSO up', () => {
  test('read tells person, right, claim types and correlation id', async () => {
    simulator.control.addPeople([
      { pid: PID, fname: 'ทดสอบ', lname: 'ไม่มีจริง', birthDate: '1974-06-05', sex: 'ชาย', right: 'SSS' },
    ]);
    const read = await agent.read();
    expect(read).toMatchObject({
      pid: PID,
      fname: 'ทดสอบ',
      lname: 'ไม่มีจริง',
      birthDate: '1974-06-05',
      sex: 'male',
      nation: '099',
      right: {
        mainInscl: '(SSS) สิทธิประกันสังคม',
        subInscl: '(S1) สิทธิเบิกกองทุนประกันสังคม (ผู้ประกันตน)',
        hospMain: { hcode: '10978', hname: 'โรงพยาบาลจำลอง' },
        hospSub: null,
        startDateTime: Date.parse('2017-05-01T00:00:00+07:00'),
      },
    });
    expect(read.correlationId).toMatch(/^[0-9a-f-]{36}$/);
    expect(read.claimTypes.map((c) => c.claimType)).toContain('PG0060001');
    expect(Math.abs((read.checkDate ?? 0) - Date.now())).toBeLessThan(5_000);
  });

  test('a person without a right, without claim types and in the printed spelling is read all the same', async () => {
    simulator.control.addPeople([{ pid: PID, right: 'none', claimTypes: [] }]);
    expect(await agent.read()).toMatchObject({ right: null, claimTypes: [] });
    simulator.control.addPeople([{ pid: PID, right: 'OFC', printedSpelling: true, birthDate: '1950' }]);
    expect(await agent.read()).toMatchObject({
      birthDate: '1950',
      right: { mainInscl: '(OFC) สิทธิข้าราชการ' },
    });
  });

  test('draft issues no code, confirm issues one, and both look-ups find it', async () => {
    const request = await readRequest();
    expect(await agent.saveAsDraft(request)).toMatchObject({ pid: PID, claimType: 'PG0060001' });
    expect(await agent.latestAuthenCode(PID)).toBeNull();
    expect(await agent.latestFiveAllHospitals(PID)).toEqual([]);

    const receipt = await agent.confirmSave(request);
    const { pid, correlationId, claimCode, createdAt } = receipt;
    expect({ pid, correlationId }).toEqual({ pid: PID, correlationId: request.correlationId });
    expect(claimCode).toMatch(/^PP\d{10}$/);
    expect(serviceDateOf(createdAt ?? 0)).toBe(serviceDateOf(Date.now()));

    const found = { claimCode, claimType: 'PG0060001', hcode: '10978', issuedAt: createdAt, pid: PID };
    expect(await agent.latestAuthenCode(PID)).toEqual(found);
    expect(await agent.latestFiveAllHospitals(PID)).toEqual([found]);
  });

  test('codes of other hospitals, other days and close-visit codes are told apart', async () => {
    const day = Date.parse('2026-11-18T23:30:00+07:00');
    simulator.control.issueCode({ pid: PID, hcode: '11472', claimCode: 'PP2222222222' });
    simulator.control.issueCode({ pid: PID, kind: 'EP', claimCode: 'EP1111111111' });
    simulator.control.issueCode({ pid: PID, issuedAt: day, claimCode: 'PP3333333333' });
    expect(await agent.latestAuthenCode(PID)).toMatchObject({ claimCode: 'PP3333333333', issuedAt: day });
    const five = await agent.latestFiveAllHospitals(PID);
    expect(five.map((c) => [c.claimCode, c.hcode]).sort()).toEqual([
      ['EP1111111111', '10978'],
      ['PP2222222222', '11472'],
      ['PP3333333333', '10978'],
    ]);
  });

  // no line carries it: the bridge has no use for it
  test.skipIf(isCarried())('probe reads the right without a card, in the TEST zone only', async () => {
    simulator.control.removeCard();
    expect(await agent.probe(PID)).toMatchObject({ pid: PID, right: { paidModel: '1' } });
    const before = simulator.control.requests().length;
    const inProd = agentAt(simulator.url, { zone: 'prod' });
    expect(await faultOf(inProd.probe(PID))).toMatchObject({ code: 'bad-input', retry: 'no' });
    await inProd.close();
    expect(simulator.control.requests()).toHaveLength(before);
  });
});

describe('refusals', () => {
  test('a second request of the day is refused in NHSO’s words, with the citizen id masked', async () => {
    const request = await readRequest();
    await agent.confirmSave(request);
    const fault = await faultOf(agent.confirmSave(request));
    expect(fault).toMatchObject({ code: 'nhso-refused', retry: 'no', detail: { status: 400 } });
    expect(fault.detail.nhsoMessage).toContain('ไม่สามารถขอซ้ำได้');
    expect(fault.detail.nhsoMessage).toContain('1-xxxx-xxxxx-01-4');
  });

  test('a correlation id of another person and a short phone are refused', async () => {
    const request = await readRequest();
    const stranger = await faultOf(agent.saveAsDraft({ ...request, pid: '1103700000022' }));
    expect(stranger).toMatchObject({ code: 'nhso-refused', retry: 'no' });
    const phone = await faultOf(agent.confirmSave({ ...request, mobile: '081' }));
    expect(phone.detail.nhsoMessage).toBe('หมายเลขโทรศัพท์ต้องเป็นตัวเลข 10 หลัก');
  });

  test('a request of another hospital, or for what is no citizen id, is not sent', async () => {
    const request = await readRequest();
    const before = simulator.control.requests().length;
    for (const call of [
      agent.confirmSave({ ...request, hcode: '11472' }),
      agent.latestAuthenCode('../preference'),
      agent.probe('12345'),
    ]) {
      expect(await faultOf(call)).toMatchObject({ code: 'bad-input', retry: 'no' });
    }
    expect(simulator.control.requests()).toHaveLength(before);
  });
});

describe('reader and card', () => {
  test('terminals tell reader and card', async () => {
    expect(await agent.terminals()).toEqual([
      { terminalName: 'Virtual Smart Card Reader 0', isPresent: true },
    ]);
    simulator.control.removeCard();
    expect(await agent.terminals()).toMatchObject([{ isPresent: false }]);
    simulator.control.unplugReader();
    expect(await agent.terminals()).toEqual([]);
  });

  test('the ambiguous 500 of a read is told apart by asking the terminals', async () => {
    simulator.control.removeCard();
    expect(await faultOf(agent.read())).toMatchObject({ code: 'no-card', retry: 'yes' });
    expect(await faultOf(agent.readCardOnly())).toMatchObject({ code: 'no-card', retry: 'yes' });
    simulator.control.insertCard(PID);
    simulator.control.nhsoDown('500');
    expect(await faultOf(agent.read())).toMatchObject({ code: 'nhso-unavailable', retry: 'yes' });
    expect(await agent.readCardOnly()).toMatchObject({ pid: PID, sex: 'male' });
    // a reader pulled between the failure and the question
    simulator.control.failNext({ call: 'read' });
    simulator.control.unplugReader();
    expect(await faultOf(agent.read())).toMatchObject({ code: 'no-reader', retry: 'yes' });
  });

  test('a 500 stays what it is when the terminals cannot be asked either', async () => {
    simulator.control.failNext({ next: 2 });
    expect(await faultOf(agent.read())).toMatchObject({ code: 'nhso-unavailable', detail: { call: 'read' } });
  });

  test('418 is no reader, whoever says it', async () => {
    simulator.control.unplugReader();
    expect(await faultOf(agent.read())).toMatchObject({ code: 'no-reader', retry: 'yes' });
  });
});

describe('NHSO down and answers lost', () => {
  test.each(['500', 'html', 'timeout', 'reset', 'drop', 'cut-json', 'cut-body'] as const)(
    'down by %s: a read may be tried again, a confirm must ask first',
    async (how) => {
      const request = await readRequest();
      simulator.control.nhsoDown(how);
      const asked = how === 'timeout' ? hasty : agent;
      const code = how === 'timeout' ? 'agent-timeout' : 'nhso-unavailable';
      const [read, confirm, latest] = await Promise.all([
        faultOf(asked.read()),
        faultOf(asked.confirmSave(request)),
        faultOf(asked.latestAuthenCode(PID)),
      ]);
      expect([read.code, read.retry]).toEqual([code, 'yes']);
      expect([confirm.code, confirm.retry]).toEqual([code, 'ask-first']);
      expect([latest.code, latest.retry]).toEqual([code, 'yes']);
      expect(simulator.control.codes()).toEqual([]);
    },
  );

  test.each(['drop', 'reset', 'timeout', 'cut-json', 'cut-body', 'html', '500'] as const)(
    'confirm whose answer is lost by %s: asked once, and the look-up finds the code',
    async (how) => {
      const request = await readRequest();
      simulator.control.loseAnswers({ how });
      const asked = how === 'timeout' ? hasty : agent;
      expect((await faultOf(asked.confirmSave(request))).retry).toBe('ask-first');
      expect(simulator.control.confirms(PID)).toMatchObject([{ asked: 1, issued: 1 }]);
      const [issued] = simulator.control.codes(PID);
      expect(await agent.latestAuthenCode(PID)).toMatchObject({ claimCode: issued?.claimCode });
    },
  );

  test('while the agent service restarts nothing is sent, so even a confirm may be repeated', async () => {
    const request = await readRequest();
    await simulator.control.restart(0.3);
    await new Promise((resolve) => setTimeout(resolve, 50)); // until our end knows that its connections are gone
    const fault = await faultOf(agent.confirmSave(request));
    expect(fault).toMatchObject({ code: 'agent-unreachable', retry: 'yes', detail: { sent: false } });
    await expect.poll(() => agent.terminals().catch(() => null), { timeout: 5_000 }).not.toBeNull();
    expect(await agent.confirmSave(request)).toMatchObject({ pid: PID });
    expect(simulator.control.confirms(PID)).toMatchObject([{ asked: 1, issued: 1 }]);
  });

  test('an address that does not resolve is unreachable', async () => {
    const nowhere = agentAt('http://agent.invalid:8189');
    const fault = await faultOf(nowhere.confirmSave(REQUEST));
    expect(fault).toMatchObject({ code: 'agent-unreachable', retry: 'yes' });
    await nowhere.close();
  });

  test('after close a call fails as one of the family', async () => {
    const closed = agentAt(simulator.url);
    await closed.close();
    await closed.close();
    expect(await closed.terminals().catch((e: unknown) => e)).toBeInstanceOf(BridgeError);
  });
});
