/**
 * confirm-save for a client. Rule 1: it asks only for what nobody has asked for, and writes it down before it is sent; whoever
 * comes for what is there gets it, whoever comes for what is under way waits for its end.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { type ServiceDate, serviceDateOf } from '../../domain/bangkok.ts';
import { BridgeError, isBridgeError } from '../../domain/bridge-error.ts';
import { codeAnswer } from './answers.ts';
import type { DoorAnswer } from './api.ts';
import { askOnCase } from './ask-case.ts';
import { askOnRecord } from './ask-record.ts';
import type { End, Wish } from './end.ts';
import { dayOfLateRead } from './reads.ts';
import { clientRequest } from './request.ts';
import { standingOf } from './standing.ts';
import type { Counter, DoorTools } from './tools.ts';

/** Between two looks at how it stands, ms: another process may be the one that gets the answer. */
const LOOK_MS = 150;

/** What was certainly not sent is tried again after so long, so many times: an agent's service needs a while to start. */
const UNSENT = { pauseMs: 1_000, tries: 5 };

/** Throws BridgeError: what the client must be told, in the agent's form, that the agent itself has not said. */
export async function confirmSave(tools: DoorTools, counter: Counter, body: unknown): Promise<DoorAnswer> {
  const { house } = tools;
  const { site, line } = counter;
  const request = clientRequest(body, site.hcode);
  const serviceDate = serviceDateOf(house.clock.now());
  const key = { hcode: site.hcode, pid: request.pid, serviceDate, claimType: request.claimType };
  // no wall clock: one that is set back must keep nobody waiting
  const until = performance.now() + site.settings.confirmTimeoutMs;
  const isStillWanted = (): boolean =>
    performance.now() < until && line.status === 'up' && serviceDateOf(house.clock.now()) === serviceDate;
  const wish: Wish = { request, key, isStillWanted };
  let unsent = 0;
  let last: Extract<End, { kind: 'lost' }> | null = null;
  for (;;) {
    const standing = await standingOf(house, key, request);
    if (standing.kind === 'code') return codeAnswer(request, standing);
    if (standing.kind === 'stuck') throw undecided();
    if (standing.kind === 'no-card') throw notRead(serviceDate, await dayOfLateRead(house, key));
    if (standing.kind === 'open') {
      if (line.status === 'down') throw nhsoAway();
      const { target } = standing;
      const end = await (target === null
        ? askOnRecord(tools, counter, wish)
        : askOnCase(tools, counter, wish, target));
      if (end.kind === 'answered' || end.kind === 'refused') return end.answer;
      if (end.kind === 'lost') last = end;
      if (end.kind === 'unsent') {
        unsent += 1;
        // trying again would change nothing
        if (isBridgeError(end.error, 'bad-input')) throw end.error;
        if (unsent >= UNSENT.tries || performance.now() + UNSENT.pauseMs >= until) throw end.error;
        await sleep(UNSENT.pauseMs);
        continue;
      }
    }
    const left = until - performance.now();
    if (left <= 0 || serviceDateOf(house.clock.now()) !== serviceDate) return inVain(last);
    await sleep(Math.min(LOOK_MS, left));
  }
}

/** Nobody knows yet. The client hears what the agent said in the place of an answer, if it said anything. */
function inVain(last: Extract<End, { kind: 'lost' }> | null): DoorAnswer {
  if (last?.answer != null && last.answer.status >= 400) return last.answer;
  throw (
    last?.error ??
    new BridgeError('agent-timeout', 'NHSO did not answer in time; it is being looked up', { retry: 'yes' })
  );
}

function nhsoAway(): BridgeError {
  return new BridgeError('nhso-unavailable', 'NHSO cannot be reached; nothing was sent', { retry: 'yes' });
}

/** Rule 5. A client reads the card before it asks, at the same address: the bridge knows of each. */
function notRead(today: ServiceDate, lately: ServiceDate | null): BridgeError {
  const expected = `pid: expected a person whose card was read here today, ${today}`;
  if (lately === null) return new BridgeError('card-not-read', expected, { retry: 'no' });
  return new BridgeError('card-read-other-day', `${expected}; it was read on ${lately}`, { retry: 'no' });
}

function undecided(): BridgeError {
  return new BridgeError('conflict', 'asked before, and only a person can say what became of it', {
    retry: 'no',
  });
}
