import { expect, test } from 'vitest';
import { endOfServiceDate } from '../../../src/domain/bangkok.ts';
import type { CitizenId } from '../../../src/domain/citizen-id.ts';
import { cardReadMessage } from '../../../src/service/reader/message.ts';
import { SAMPLE_DATE, sampleCitizenId } from '../../support/samples.ts';

const MIDNIGHT = endOfServiceDate(SAMPLE_DATE);
const card = { titleName: null, fname: null, lname: null, birthDate: null, sex: null, nation: null };
const pid = sampleCitizenId(1) as CitizenId;
const at = MIDNIGHT + 600_000;
const station = { stationId: 'counter-1', hcode: null };

test('a read bears NHSO’s day where the counter’s clock has another, and a card alone the counter’s', () => {
  const checkDate = MIDNIGHT - 3_000_000;
  const data = { ...card, pid, correlationId: 'c1', claimTypes: [], right: null, checkDate };
  const full = cardReadMessage('1', station, { kind: 'full', pid, at, data });
  expect(full.readAt).toBe(new Date(checkDate).toISOString());
  const alone = cardReadMessage('2', station, { kind: 'card-only', pid, at, data: { ...card, pid } });
  expect(alone.readAt).toBe(new Date(at).toISOString());
});
