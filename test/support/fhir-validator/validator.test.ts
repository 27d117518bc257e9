import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { validateResource } from './index.ts';
import { secondOpinion } from './second-opinion.ts';

// the first validation reads and compiles HL7's definitions: slow where many tests share a core
vi.setConfig({ testTimeout: 60_000 });

const require = createRequire(import.meta.url);
const folder = dirname(require.resolve('hl7.fhir.r4.examples/package.json'));
const example = (name: string) => JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'));

const ENCOUNTER = {
  resourceType: 'Encounter',
  id: '10978-1',
  status: 'finished',
  class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' },
  period: { start: '2026-11-20T08:30:00+07:00' },
};
const COVERAGE = {
  resourceType: 'Coverage',
  id: '10978-1',
  status: 'active',
  beneficiary: { reference: 'Patient/1' },
  payor: [{ reference: 'Organization/nhso' }],
};
const TASK = { resourceType: 'Task', id: '1', status: 'requested', intent: 'order' };

describe('the validator lets pass', () => {
  // narratives need htmlChecks(), which fhirpath.js has not; the facade writes none
  it.each([
    'Encounter-f001',
    'Coverage-9876B1',
    'Patient-f001',
    'Organization-f001',
    'Task-example3',
    'CoverageEligibilityResponse-E2500',
  ])('the example %s of HL7, without its narrative', (name) => {
    const { text: _narrative, ...resource } = example(name);
    expect(validateResource(resource)).toEqual([]);
  });

  it.each([[ENCOUNTER], [COVERAGE], [TASK]])('a small good resource', (resource) => {
    expect(validateResource(resource)).toEqual([]);
  });
});

describe('the validator finds', () => {
  const bad: [string, { resourceType: string }, RegExp][] = [
    [
      'a missing required element',
      { ...ENCOUNTER, class: undefined } as never,
      /Encounter\.class is required/,
    ],
    ['a required list left empty', { ...COVERAGE, payor: [] } as never, /payor/],
    ['an unknown element', { ...ENCOUNTER, colour: 'red' } as never, /colour is no element/],
    [
      'one value where a list belongs',
      { ...COVERAGE, payor: COVERAGE.payor[0] } as never,
      /expected an array/,
    ],
    ['a list where one value belongs', { ...ENCOUNTER, status: ['finished'] } as never, /expected one value/],
    [
      'a code outside its required set',
      { ...ENCOUNTER, status: 'done' } as never,
      /required .*encounter-status/,
    ],
    [
      'such a code deep inside',
      { ...ENCOUNTER, identifier: [{ use: 'best', value: '1' }] } as never,
      /identifier-use/,
    ],
    ['a wrong Coverage status', { ...COVERAGE, status: 'finished' } as never, /required .*fm-status/],
    ['a wrong intent', { ...TASK, intent: 'wish' } as never, /required .*task-intent/],
    ['a date of no calendar', { ...ENCOUNTER, period: { start: '20/11/2569' } } as never, /period\.start/],
    [
      'a time without a zone',
      { ...ENCOUNTER, period: { start: '2026-11-20T08:30:00' } } as never,
      /period\.start/,
    ],
    ['an id with a slash', { ...ENCOUNTER, id: 'a/b' } as never, /Encounter\.id/],
    [
      'a period that ends before it begins (per-1)',
      { ...ENCOUNTER, period: { start: '2026-11-20', end: '2026-11-19' } } as never,
      /per-1/,
    ],
    [
      'a task changed before it was made (inv-1)',
      { ...TASK, authoredOn: '2026-11-20', lastModified: '2026-11-19' } as never,
      /inv-1/,
    ],
    [
      'a contact point without system (cpt-2)',
      { resourceType: 'Patient', telecom: [{ value: '1' }] } as never,
      /cpt-2/,
    ],
    [
      'an organization without name and number (org-1)',
      { resourceType: 'Organization', active: true } as never,
      /org-1/,
    ],
    [
      'an extension with value and extensions (ext-1)',
      {
        ...ENCOUNTER,
        extension: [{ url: 'urn:x', valueCode: 'a', extension: [{ url: 'b', valueCode: 'c' }] }],
      } as never,
      /ext-1/,
    ],
    ['an empty object', { ...ENCOUNTER, period: {} } as never, /period/],
    [
      'a total in a bundle that has none (bdl-1)',
      { resourceType: 'Bundle', type: 'collection', total: 1 } as never,
      /bdl-1/,
    ],
    [
      'a bad resource inside a bundle',
      {
        resourceType: 'Bundle',
        type: 'searchset',
        entry: [{ resource: { ...TASK, status: 'new' } }],
      } as never,
      /entry\[0\]\.resource\.status.*task-status/,
    ],
    ['what is no resource', { resourceType: 'Visit' }, /no resource/],
  ];
  it.each(bad)('%s', (_what, resource, pattern) => {
    const sent = JSON.parse(JSON.stringify(resource));
    expect(validateResource(sent).join('\n')).toMatch(pattern);
  });

  it('has a second opinion that can say no', () => {
    expect(secondOpinion({ ...ENCOUNTER, class: undefined } as never).join()).toMatch(/class/);
  });
});
