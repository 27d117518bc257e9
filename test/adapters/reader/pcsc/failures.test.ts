/** What PC/SC's words mean at a counter. */

import { expect, it } from 'vitest';
import {
  bindingMissing,
  errorOf,
  failureOf,
  isPassing,
  readFailure,
  serviceFailure,
} from '../../../../adapters/reader/pcsc/failures.ts';
import { BridgeError } from '../../../../src/domain/bridge-error.ts';
import { sampleCitizenId } from '../../../support/samples.ts';

const pcsc = (code: string): Error =>
  Object.assign(new Error(`[ ${code} ] - Error in native function`), { code });

it.each([
  ['NoService', 'card-service-away'],
  ['ServiceStopped', 'card-service-away'],
  ['NoReadersAvailable', 'card-service-away'],
  ['UnknownReader', 'no-reader'],
  ['ReaderUnavailable', 'no-reader'],
  ['RemovedCard', 'no-card'],
  ['NoSmartCard', 'no-card'],
  ['UnpoweredCard', 'card-mute'],
  ['UnresponsiveCard', 'card-mute'],
  ['SharingViolation', 'reader-busy'],
  ['CommError', 'card-unreadable'],
  ['SomethingNew', 'card-unreadable'],
])('%s is %s, and may pass', (code, means) => {
  expect(readFailure(pcsc(code))).toMatchObject({ code: means, retry: 'yes', detail: { pcsc: code } });
});

it('an error of the house stays what it is', () => {
  const own = new BridgeError('card-unreadable', 'another kind of card', { retry: 'no' });
  expect(readFailure(own)).toBe(own);
});

it('whatever is wrong with PC/SC itself, the service is away', () => {
  expect(serviceFailure(pcsc('CommError'))).toMatchObject({ code: 'card-service-away', retry: 'yes' });
  expect(serviceFailure(new Error('odd'))).toMatchObject({ detail: { pcsc: 'odd' } });
});

it('only another program being quicker is tried again at once', () => {
  expect(
    ['SharingViolation', 'ResetCard', 'RemovedCard', 'NoService'].map((c) => isPassing(pcsc(c))),
  ).toEqual([true, true, false, false]);
  expect(isPassing(new Error('no code'))).toBe(false);
});

it('survives the way between two processes, without a citizen id', () => {
  const told = errorOf(failureOf(readFailure(new Error(`odd ${sampleCitizenId(1)}`))));
  expect(told).toBeInstanceOf(BridgeError);
  expect(JSON.stringify(failureOf(told))).not.toContain(sampleCitizenId(1));
});

it('a missing binary: for which platform, and what to do', () => {
  const error = bindingMissing(new Error('Required addon dependency not found (x):\nwith more lines'));
  expect(error).toMatchObject({ code: 'config', retry: 'no', detail: { platform: expect.any(String) } });
  expect(error.message).toContain(`${process.platform}-${process.arch}`);
  expect(error.message).toContain('docs/card-reader.md');
  expect(error.detail.why).toBe('Required addon dependency not found (x):');
});
