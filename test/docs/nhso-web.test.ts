import { expect, test } from 'vitest';
import { AUTHEN_STATUS_URL, RIGHT_SEARCH_URL } from '../../adapters/nhso/web/addresses.ts';
import { WEB_CALLS } from '../../adapters/nhso/web/calls.ts';
import { read, table } from './markdown.ts';

const document = read('docs/nhso-web.md');

test('docs/nhso-web.md tells every call of the web services that the bridge can make, each with its grade', () => {
  const told = table(document, 'call').map(([call = '', , , grade = '']) => {
    expect(grade, call).toMatch(/^[A-D]$/);
    return /\(`([^`]+)`\)$/.exec(call)?.[1];
  });
  expect(told.toSorted()).toEqual(
    Object.values(WEB_CALLS)
      .map((c) => c.name)
      .toSorted(),
  );
});

test('and every address, in its zone', () => {
  const told = table(document, 'address, unless configured otherwise').flatMap(([address = '', zones = '']) =>
    ['prod', 'test']
      .filter((zone) => zones.includes(zone))
      .map((zone) => `${zone} ${address.replaceAll('`', '')}`),
  );
  const known = [AUTHEN_STATUS_URL, RIGHT_SEARCH_URL.srm, RIGHT_SEARCH_URL.ucws].flatMap((byZone) =>
    Object.entries(byZone).map(([zone, url]) => `${zone} ${url}`),
  );
  expect(told.toSorted()).toEqual(known.toSorted());
});
