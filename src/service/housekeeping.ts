/** What is done once a minute: what fell through any crack is found again, from the ledger alone. */

import { addDays, DAY_MS, type ServiceDate, serviceDateOf } from '../domain/bangkok.ts';
import { isBridgeError } from '../domain/bridge-error.ts';
import type { Case, CaseState } from '../domain/case.ts';
import { clockSetBack } from '../domain/machine/clock.ts';
import { dayOver } from '../domain/machine/day-end.ts';
import { wantsCard } from '../domain/machine/facts.ts';
import { type NhsoSight, tellNotReadAgain } from '../domain/machine/offline.ts';
import { photoDeleted } from '../domain/machine/photo.ts';
import { type Gap, seekWithoutCard } from '../domain/machine/restored.ts';
import { SET_BACK_MS } from '../domain/set-back.ts';
import { pairPerson } from './pair.ts';
import type { CaseFilter } from './ports/ledger.ts';
import type { DuePhoto } from './ports/photos.ts';
import type { House } from './site.ts';
import { toCaseChange, updateCase } from './update.ts';

const ENDS_WITH_THE_DAY: readonly CaseState[] = ['awaiting-card', 'ready', 'drafted', 'offline'];
const PAGE = 500;
/** A case that changes meanwhile is read again, so often at most. */
const TRIES = 8;

/**
 * On the staff's list a case may stand for ever. Once a minute all of them would be read, so those of so many days are:
 * a bridge that was off for longer leaves them with the reason that they have.
 */
const LISTED_DAYS = 7;

/** Cases of days that are over and that still wait: they are looked up once, then they stand still with a reason. */
export async function closeDays(house: House): Promise<number> {
  const today = serviceDateOf(house.clock.now());
  let count = await closeEach(house, { before: today, states: ENDS_WITH_THE_DAY });
  for (let back = 1; back <= LISTED_DAYS; back++)
    count += await closeEach(house, { serviceDate: addDays(today, -back), states: ['needs-staff'] });
  return count;
}

/**
 * Cases of today with a card read alone, for which nothing has come although NHSO is back, or the day is passing: the staff
 * are told. `nhsoOf`: how NHSO is for a hospital. Returns how many.
 */
export async function tellNotReadAgains(
  house: House,
  nhsoOf: (hcode: string) => Promise<NhsoSight>,
): Promise<number> {
  const sights = new Map<string, NhsoSight>();
  let count = 0;
  for await (const waiting of each(house, {
    serviceDate: serviceDateOf(house.clock.now()),
    states: ['offline'],
  })) {
    const { hcode } = waiting;
    const settings = house.sites.get(hcode)?.settings;
    if (settings === undefined) continue;
    const sight = sights.get(hcode) ?? (await nhsoOf(hcode));
    sights.set(hcode, sight);
    const tell = (c: Case) => tellNotReadAgain(c, sight, settings.callBack, house.clock.now());
    if ((await updateCase(house, waiting, tell, waiting)) !== null) count += 1;
  }
  return count;
}

async function closeEach(house: House, filter: CaseFilter): Promise<number> {
  let count = 0;
  for await (const waiting of each(house, filter)) {
    const changed = await updateCase(house, waiting, (c) => dayOver(c, house.clock.now()), waiting);
    if (changed !== null) count += 1;
  }
  return count;
}

async function* each(house: House, filter: CaseFilter): AsyncGenerator<Case> {
  let after: string | undefined;
  do {
    const page = await house.ledger.listCases(filter, {
      limit: PAGE,
      ...(after === undefined ? {} : { after }),
    });
    yield* page.items;
    after = page.next ?? undefined;
  } while (after !== undefined);
}

/**
 * After the ledger was put back: visits that wait for a card may have been served already, by a read that is lost. They
 * are looked up at once; those of days that are over, when their day is closed.
 */
export async function seekLost(house: House, gap: Gap | null): Promise<void> {
  const today = serviceDateOf(house.clock.now());
  if (gap === null || serviceDateOf(gap.to) < today) return;
  const waiting = { serviceDate: today, states: ['awaiting-card'] } as const;
  for await (const c of each(house, waiting)) {
    await updateCase(house, c, (now) => seekWithoutCard(now, gap, house.clock.now()), c);
  }
}

/** Cases whose next step a clock that was ahead has put off: their times are put right. */
export async function redate(house: House): Promise<number> {
  const now = house.clock.now();
  let after: string | undefined;
  let count = 0;
  do {
    const page = await house.ledger.casesWithWork({
      dueBy: Number.MAX_SAFE_INTEGER,
      updatedAfter: now + SET_BACK_MS,
      limit: PAGE,
      ...(after === undefined ? {} : { after }),
    });
    for (const key of page.items) {
      if ((await updateCase(house, key, (c) => clockSetBack(c, house.clock.now()))) !== null) count += 1;
    }
    after = page.next ?? undefined;
  } while (after !== undefined);
  return count;
}

/**
 * Photos whose days are over are deleted, and the history of the visit that they served says so; of one that serves none, the
 * audit alone. One that cannot be deleted now keeps none of the others; then this throws what stood in the way of the first.
 */
export async function deletePhotos(house: Pick<House, 'ledger' | 'clock' | 'sites'>): Promise<number> {
  await redatePhotos(house);
  for (let count = 0; ; ) {
    const due = await house.ledger.photos.due(house.clock.now(), PAGE);
    const failures: unknown[] = [];
    for (const photo of due) {
      try {
        if (await deletePhoto(house, photo)) count += 1;
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
    if (due.length < PAGE) return count;
  }
}

/** Those that were taken in while the clock was ahead would stay for as long as it was: their days begin now. */
async function redatePhotos({
  ledger,
  clock,
  sites,
}: Pick<House, 'ledger' | 'clock' | 'sites'>): Promise<void> {
  const now = clock.now();
  for (const [hcode, { settings }] of sites)
    await ledger.photos.redate(hcode, {
      receivedAfter: now + SET_BACK_MS,
      deleteAt: now + settings.photoDays * DAY_MS,
    });
}

/** False when another process was first. */
async function deletePhoto(
  { ledger, clock }: Pick<House, 'ledger' | 'clock'>,
  { readId, hcode, isLost }: DuePhoto,
): Promise<boolean> {
  const why = isLost ? 'key-lost' : 'kept-long-enough';
  for (let attempt = 1; ; attempt++) {
    const read = await ledger.cardRead(readId);
    const served = read?.pairedVn == null ? null : await ledger.case({ hcode, vn: read.pairedVn });
    const told =
      served === null ? [] : [toCaseChange(served, photoDeleted(served, { readId, why }, clock.now()))];
    try {
      if (!(await ledger.photos.remove(readId, told))) return false;
      break;
    } catch (error) {
      if (!isBridgeError(error, 'conflict') || attempt === TRIES) throw error;
    }
  }
  await ledger.audit({
    at: clock.now(),
    actor: 'bridge',
    action: 'photo-deleted',
    resource: `CardRead/${readId}`,
  });
  return true;
}

/** Reads that serve no visit although one waits: a process ended between storing the one and pairing it. */
export async function pairLeftovers(house: House): Promise<void> {
  const today = serviceDateOf(house.clock.now());
  for (const hcode of house.sites.keys()) {
    // yesterday too: the process may have ended a moment before midnight
    for (const date of [addDays(today, -1), today]) await pairLeftoversOf(house, hcode, date);
  }
}

async function pairLeftoversOf(house: House, hcode: string, date: ServiceDate): Promise<void> {
  for (const pid of await house.ledger.pidsWithUnpairedReads(hcode, date)) {
    const cases = await house.ledger.casesOfPerson(hcode, pid, date);
    if (cases.some(wantsCard)) await pairPerson(house, hcode, pid, date);
  }
}
