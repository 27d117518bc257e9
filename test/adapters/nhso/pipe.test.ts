/** The agent's own words, for clients of the agent API: as they came, and understood. */

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type NhsoAgentSimulator, startNhsoAgent } from '../../../simulators/nhso-agent/start.ts';
import type { PipedAgent } from '../../../src/service/ports/agent-pipe.ts';
import { agentAt, faultOf, PID, REQUEST } from './given.ts';

let simulator: NhsoAgentSimulator;
let agent: PipedAgent;
beforeAll(async () => {
  simulator = await startNhsoAgent({ hcode: '10978' });
  agent = agentAt(simulator.url);
});
afterAll(async () => {
  await agent.close();
  await simulator.close();
});
beforeEach(() => {
  simulator.control.reset();
  simulator.control.insertCard(PID);
});

test('a read, with its photo, and what it says', async () => {
  const { answer, read, fault } = await agent.pipe({ name: 'read', image: true });
  expect(fault).toBeNull();
  expect(answer).toMatchObject({ status: 200, contentType: expect.stringMatching(/^application\/json/) });
  const told = JSON.parse(answer.text);
  expect([told.pid, read?.pid, told.correlationId]).toEqual([PID, PID, read?.correlationId]);
  expect(told.image).toMatch(/^\/9j\//);
});

test('draft and confirm of a client whose claim has keys of its own', async () => {
  const { read } = await agent.pipe({ name: 'read', image: false });
  const claim = { ...REQUEST, correlationId: read?.correlationId, hn: null, note: 'ก' };
  const body = JSON.stringify(claim);
  expect((await agent.pipe({ name: 'save-as-draft', body })).answer.status).toBe(200);
  const confirmed = await agent.pipe({ name: 'confirm-save', body });
  expect(confirmed.receipt?.claimCode).toMatch(/^PP\d{10}$/);
  expect(JSON.parse(confirmed.answer.text).claimCode).toBe(confirmed.receipt?.claimCode);
  const again = await agent.pipe({ name: 'confirm-save', body });
  expect([again.answer.status, again.fault?.code, again.receipt]).toEqual([400, 'nhso-refused', null]);
});

test('no reader, an agent that hangs up, one that is not there', async () => {
  simulator.control.unplugReader();
  expect((await agent.pipe({ name: 'read', image: false })).fault?.code).toBe('no-reader');
  simulator.control.loseAnswers({ call: 'latest-authen-code', how: 'reset' });
  const lost = await faultOf(agent.pipe({ name: 'latest-authen-code', pid: PID }));
  expect(['agent-unreachable', 'nhso-unavailable']).toContain(lost.code);
});
