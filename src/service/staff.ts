/** A person's decisions on a case. */

import type { IssuedCode, Misfit } from '../domain/authen-code.ts';
import { isPlausibleCode, misfits } from '../domain/authen-code.ts';
import { BridgeError, isBridgeError } from '../domain/bridge-error.ts';
import type { Case } from '../domain/case.ts';
import { wantedOf } from '../domain/machine/obtain.ts';
import {
  adoptCode,
  chooseClaimType,
  closeCase,
  type Decision,
  givePhone,
  isAdoptable,
  retryCase,
} from '../domain/machine/staff.ts';
import type { Change } from '../domain/machine/transition.ts';
import { parseMobile } from '../domain/phone.ts';
import type { Actor, Resolution } from './bridge-api.ts';
import type { NhsoLine } from './nhso-line.ts';
import type { CaseKey } from './ports/ledger.ts';
import type { House, Site } from './site.ts';
import { holdersOf, shownByNhso } from './steps/lookup.ts';
import { updateCase } from './update.ts';

export async function retry(house: House, key: CaseKey, actor: Actor): Promise<Case> {
  const site = siteOf(house, key);
  return decided(house, key, async (c) =>
    retryCase(c, await pairedRead(house, c), site.policy, decision(house, actor)),
  );
}

export async function resolve(
  house: House,
  line: (hcode: string) => NhsoLine,
  key: CaseKey,
  resolution: Resolution,
  actor: Actor,
): Promise<Case> {
  const site = siteOf(house, key);
  const by = decision(house, actor);
  switch (resolution.action) {
    case 'give-phone': {
      const mobile = parseMobile(resolution.mobile);
      if (mobile === null)
        throw badInput('mobile', "the patient's or guardian's own 10-digit mobile (06…, 08…, 09…)");
      return decided(house, key, async (c) =>
        givePhone(c, mobile, await pairedRead(house, c), site.policy, by),
      );
    }
    case 'choose-claim-type': {
      const { claimType } = resolution;
      if (!/^PG\d{7}$/.test(claimType)) throw badInput('claimType', 'a claim type such as PG0060001');
      return decided(house, key, async (c) =>
        chooseClaimType(c, claimType, await pairedRead(house, c), site.policy, by),
      );
    }
    case 'adopt-code': {
      const current = await house.ledger.case(key);
      if (current === null) throw notFound(key);
      const code = await findAtNhso(house, line(key.hcode), current, resolution.claimCode);
      const { claimCode, claimType, issuedAt } = code;
      return decided(house, key, (c) =>
        // the visit may have been corrected while NHSO was asked
        c.pid === current.pid && c.serviceDate === current.serviceDate
          ? adoptCode(c, { claimCode, claimType, issuedAt, source: 'staff' }, by)
          : null,
      );
    }
    case 'close': {
      const reason = resolution.reason.trim();
      if (reason === '') throw badInput('reason', 'a sentence that says why the case is closed');
      return decided(house, key, (c) => closeCase(c, reason, by));
    }
  }
}

/**
 * A person may adopt a code of another claim type, since they see what the code is for; but it must be NHSO's, of this
 * person, hospital and day, and no EP code.
 */
async function findAtNhso(
  house: House,
  line: NhsoLine,
  current: Case,
  claimCode: string,
): Promise<IssuedCode> {
  if (!isPlausibleCode(claimCode)) throw badInput('claimCode', 'an authen code such as PP1234567890');
  if (!isAdoptable(current) || current.pid === null || current.claimType === null) throw notNow(current);
  const wanted = wantedOf(current);
  const codes = await shownByNhso(line, { pid: wanted.pid, stationId: current.stationId }, 'somebody-waits');
  const code = codes.find((c) => c.claimCode === claimCode);
  if (code === undefined) {
    throw new BridgeError('conflict', `NHSO does not show the code ${claimCode} for this person`, {
      retry: 'no',
    });
  }
  const holder = (await holdersOf(house, current, [code])).get(claimCode) ?? null;
  const wrong: readonly Misfit[] = misfits(code, wanted, holder !== null).filter((m) => m !== 'claim-type');
  if (wrong.length > 0) {
    throw new BridgeError('conflict', `the code ${claimCode} does not fit this visit: ${wrong.join(', ')}`, {
      retry: 'no',
    });
  }
  return code;
}

async function decided(
  house: House,
  key: CaseKey,
  decide: (current: Case) => Change | null | Promise<Change | null>,
): Promise<Case> {
  try {
    const changed = await updateCase(house, key, async (c) => {
      const change = await decide(c);
      if (change === null) throw notNow(c);
      return change;
    });
    if (changed === null) throw notFound(key);
    return changed;
  } catch (error) {
    if (!isBridgeError(error, 'code-held')) throw error;
    throw new BridgeError('conflict', 'this code is already on another visit', { retry: 'no', cause: error });
  }
}

function pairedRead(house: House, current: Case): ReturnType<House['ledger']['cardRead']> {
  return current.readId === null ? Promise.resolve(null) : house.ledger.cardRead(current.readId);
}

function decision(house: House, actor: Actor): Decision {
  return { actor: actor.name, at: house.clock.now() };
}

function siteOf(house: House, key: CaseKey): Site {
  const site = house.sites.get(key.hcode);
  if (site === undefined) throw notFound(key);
  return site;
}

function notFound(key: CaseKey): BridgeError {
  return new BridgeError('not-found', `no case ${key.hcode}/${key.vn}`, { retry: 'no' });
}

function notNow(current: Case): BridgeError {
  return new BridgeError('conflict', `the case is ${current.state}; this cannot be done now`, {
    retry: 'no',
    detail: { state: current.state },
  });
}

function badInput(field: string, expected: string): BridgeError {
  return new BridgeError('bad-input', `${field}: expected ${expected}`, {
    retry: 'no',
    detail: { field, expected },
  });
}
