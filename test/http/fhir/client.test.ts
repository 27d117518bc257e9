import type {
  Bundle,
  CapabilityStatement,
  Encounter,
  FhirResource,
  OperationOutcome,
  Patient,
} from 'fhir/r4.js';
import { Client } from 'fhir-kit-client';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { rightTold } from '../../../src/domain/machine/right.ts';
import { RESOURCES } from '../../../src/http/fhir/resource-types.ts';
import { validateResource } from '../../support/fhir-validator/index.ts';
import {
  SAMPLE_AT,
  sampleCase,
  sampleCitizenId,
  sampleFoundRight,
  sampleRead,
} from '../../support/samples.ts';
import { type Facade, KEY, openFacade, put } from './facade.ts';

// the first validation reads and compiles HL7's definitions: slow where many tests share a core
vi.setConfig({ testTimeout: 240_000 });

const CID = 'https://terms.sil-th.org/id/th-cid';
const PID = sampleCitizenId(1);
const VISITS = 7;

let facade: Facade;
let client: Client;
let privileged: Client;

beforeAll(async () => {
  facade = await openFacade();
  client = new Client({ baseUrl: facade.base, customHeaders: { [KEY]: 'fhir:read' } });
  privileged = new Client({ baseUrl: facade.base, customHeaders: { [KEY]: 'fhir:read pid:read' } });
  const read = sampleRead();
  const code = {
    claimCode: 'PP1234567890',
    claimType: 'PG0060001',
    issuedAt: SAMPLE_AT,
    source: 'confirm',
  } as const;
  await put(
    facade.ledger,
    sampleCase({
      state: 'written',
      reason: null,
      code,
      readId: read.id,
      readKind: 'full',
      correlationId: read.correlationId,
    }),
    read,
  );
  for (let i = 1; i < VISITS; i++) await put(facade.ledger, visit(i));
});
afterAll(() => facade.close());
beforeEach(() => {
  facade.audits.length = 0;
});

function visit(i: number) {
  const createdAt = SAMPLE_AT + i * 1000;
  return sampleCase({
    vn: `69112009000${i}`,
    hn: `00000100${i}`,
    pid: sampleCitizenId(i + 1),
    createdAt,
    updatedAt: createdAt,
  });
}

/** Every entry, following the client's own way from page to page. */
async function pages(first: Bundle, with_: Client): Promise<Bundle[]> {
  const all = [first];
  for (let page = first; page.link?.some((l) => l.relation === 'next'); ) {
    page = await nextPage(page, with_);
    all.push(page);
  }
  return all;
}

/** The client types resources loosely; what they truly are is what these tests find out. */
async function nextPage(page: unknown, with_: Client): Promise<Bundle> {
  const bundle = page as Parameters<Client['nextPage']>[0]['bundle'];
  return (await with_.nextPage({ bundle })) as unknown as Bundle;
}

function resources(bundle: Bundle, mode = 'match'): FhirResource[] {
  return (bundle.entry ?? []).flatMap((e) =>
    e.search?.mode === mode && e.resource ? [e.resource as FhirResource] : [],
  );
}

/** The answer that fhir-kit-client throws. */
async function refusal(call: Promise<unknown>): Promise<{ status: number; outcome: OperationOutcome }> {
  const error: unknown = await call.then(
    () => null,
    (e: unknown) => e,
  );
  const { response } = error as { response: { status: number; data: OperationOutcome } };
  expect(validateResource(response.data)).toEqual([]);
  return { status: response.status, outcome: response.data };
}

describe('metadata', () => {
  it('is open to everybody, valid, and names what the routes serve', async () => {
    const open = new Client({ baseUrl: facade.base });
    const statement = (await open.capabilityStatement()) as unknown as CapabilityStatement;
    expect(validateResource(statement)).toEqual([]);
    expect(statement.rest?.[0]?.resource?.map((r) => r.type)).toEqual(Object.keys(RESOURCES));
  });

  it('promises nothing that is then refused: every parameter, include and sorting is understood', async () => {
    const statement = (await client.capabilityStatement()) as unknown as CapabilityStatement;
    const values = { token: 'x', date: 'ge2026', reference: '10978-1', string: 'x' };
    for (const r of statement.rest?.[0]?.resource ?? []) {
      const asked = [
        ...(r.searchParam ?? []).map((p) => `${p.name}=${values[p.type as keyof typeof values]}`),
        ...(r.searchInclude ?? []).map((i) => `_include=${i}`),
        ...(r.searchRevInclude ?? []).map((i) => `_revinclude=${i}`),
        ...(/_sort: ([^.]+)\./.exec(r.documentation ?? '')?.[1] ?? '')
          .split(', ')
          .filter(Boolean)
          .map((s) => `_sort=${s}`),
      ];
      for (const query of asked) {
        const answer = await fetch(`${facade.base}/${r.type}?${query}`, {
          headers: { [KEY]: 'fhir:read', prefer: 'handling=strict' },
        });
        expect([answer.status, `${r.type}?${query}`]).toEqual([200, `${r.type}?${query}`]);
      }
    }
  });
});

describe('read', () => {
  it.each([
    'Patient/10978-000000123',
    'Encounter/10978-691120083000',
    'Coverage/10978-691120083000',
    'CoverageEligibilityResponse/10978-691120083000',
    'Task/10978-691120083000',
    'Organization/nhso',
    'Organization/10978',
  ])('%s is there and valid, and audited', async (reference) => {
    const [resourceType = '', id = ''] = reference.split('/');
    const resource = (await client.read({ resourceType, id })) as unknown as FhirResource;
    expect(resource).toMatchObject({ resourceType, id });
    expect(validateResource(resource)).toEqual([]);
    expect(facade.audits).toMatchObject([{ actor: 'test', action: 'read', resource: reference }]);
  });

  it('answers 304 when nothing has changed, with the same ETag', async () => {
    const url = `${facade.base}/Encounter/10978-691120083000`;
    const first = await fetch(url, { headers: { [KEY]: 'fhir:read' } });
    expect(first.headers.get('etag')).toBe('W/"1"');
    expect(first.headers.get('content-type')).toBe('application/fhir+json; charset=utf-8');
    expect(first.headers.get('last-modified')).toBe(new Date(SAMPLE_AT).toUTCString());
    const again = await fetch(url, { headers: { [KEY]: 'fhir:read', 'if-none-match': 'W/"1"' } });
    expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', 'W/"1"']);
    const older = await fetch(url, { headers: { [KEY]: 'fhir:read', 'if-none-match': 'W/"0"' } });
    expect(older.status).toBe(200);
  });

  it('shows the citizen id with pid:read only, and audits that', async () => {
    const at = { resourceType: 'Patient', id: '10978-000000123' };
    expect(JSON.stringify(await client.read(at))).not.toContain(PID);
    expect(facade.audits.map((a) => a.action)).toEqual(['read']);
    expect(JSON.stringify(await privileged.read(at))).toContain(PID);
    expect(facade.audits.map((a) => a.action)).toEqual(['read', 'read', 'unmasked']);
  });
});

describe('search', () => {
  it.each([
    ['Encounter', { identifier: 'https://terms.sil-th.org/id/th-nhso-claim-code|PP1234567890' }, 1],
    ['Encounter', { identifier: 'PP1234567890,691120090001' }, 2],
    ['Encounter', { 'identifier:not': 'https://terms.sil-th.org/id/th-nhso-claim-code|' }, VISITS - 1],
    ['Encounter', { identifier: 'https://terms.sil-th.org/hcode/5/10978/VN|691120090001' }, 1],
    ['Encounter', { identifier: '|691120090001' }, 0],
    ['Encounter', { identifier: 'urn:other|691120090001' }, 0],
    ['Encounter', { 'identifier:missing': 'true' }, 0],
    ['Encounter', { patient: 'Patient/10978-000000123' }, 1],
    ['Encounter', { subject: '10978-000000123' }, 1],
    ['Encounter', { patient: 'http://elsewhere.example/Patient/10978-000000123' }, 0],
    ['Encounter', { 'patient.identifier': '000000123' }, 1],
    ['Encounter', { date: '2026-11-20', status: 'in-progress', class: 'AMB' }, VISITS - 1],
    ['Encounter', { date: 'lt2026-11-20' }, 0],
    ['Encounter', { _id: '10978-691120083000,10978-691120090001' }, 2],
    ['Patient', { identifier: '000000123' }, 1],
    ['Patient', {}, VISITS],
    ['Coverage', { beneficiary: 'Patient/10978-000000123', type: 'UCS', status: 'active' }, 1],
    ['Coverage', { type: 'OTH' }, 0],
    ['CoverageEligibilityResponse', { outcome: 'complete' }, 1],
    ['Task', { 'business-status': 'missing', code: 'obtain-authen-code' }, VISITS - 1],
    ['Task', { status: 'completed', encounter: 'Encounter/10978-691120083000' }, 1],
    ['Task', { identifier: '10978-691120083000' }, 1],
    ['Provenance', {}, 1],
    ['Provenance', { target: 'Encounter/10978-691120083000' }, 1],
    ['Provenance', { target: '10978-691120090001' }, 0],
    ['Organization', {}, 5],
    ['Organization', { name: 'สำนักงาน' }, 2],
    ['Organization', { identifier: '10978' }, 1],
  ] as const)('%s %j finds %i', async (resourceType, searchParams, total) => {
    const bundle = (await client.search({ resourceType, searchParams })) as unknown as Bundle;
    expect(bundle.total).toBe(total);
    expect(resources(bundle)).toHaveLength(total);
    expect(validateResource(bundle)).toEqual([]);
  });

  it('by POST finds the same', async () => {
    const bundle = (await client.resourceSearch({
      resourceType: 'Encounter',
      searchParams: { patient: '10978-000000123' },
      options: { postSearch: true },
    } as Parameters<Client['resourceSearch']>[0])) as unknown as Bundle;
    expect(bundle.total).toBe(1);
  });

  it('brings patients and tasks along', async () => {
    const bundle = (await client.search({
      resourceType: 'Encounter',
      searchParams: {
        _include: ['Encounter:patient', 'Encounter:service-provider'],
        _revinclude: 'Task:focus',
        _id: '10978-691120083000',
      },
    })) as unknown as Bundle;
    expect(resources(bundle, 'include').map((r) => r.resourceType)).toEqual([
      'Patient',
      'Organization',
      'Task',
    ]);
    expect(validateResource(bundle)).toEqual([]);
  });

  it('sorts, counts and leaves out', async () => {
    const ids = async (searchParams: Record<string, string>) =>
      resources((await client.search({ resourceType: 'Encounter', searchParams })) as unknown as Bundle).map(
        (r) => r.id,
      );
    expect((await ids({ _sort: '_lastUpdated' })).reverse()).toEqual(await ids({ _sort: '-_lastUpdated' }));
    const counted = (await client.search({
      resourceType: 'Encounter',
      searchParams: { _summary: 'count' },
    })) as unknown as Bundle;
    expect([counted.total, counted.entry]).toEqual([VISITS, undefined]);
  });
});

describe('a right without a card', () => {
  it('is found as any other, changes its visit, and gives way to the read', async () => {
    const at = { resourceType: 'Coverage', id: '10978-691120090001' };
    expect((await refusal(client.read(at))).status).toBe(404);
    const before = await facade.ledger.case({ hcode: '10978', vn: '691120090001' });
    const found = sampleFoundRight({ pid: sampleCitizenId(2), source: 'srm' });
    const now = SAMPLE_AT + 3_600_000;
    const told = before === null ? null : rightTold(before, found, now);
    if (before === null || told === null) throw new Error('the visit waits for its card');
    await facade.ledger.rights.answered(found, [{ ...told, from: before.version }]);
    const since = new Date(now).toISOString();
    for (const searchParams of [
      { beneficiary: '10978-000001001' },
      { _id: '10978-691120090001', type: 'UCS', status: 'active' },
      { _lastUpdated: `ge${since}` },
    ]) {
      const bundle = (await client.search({ resourceType: 'Coverage', searchParams })) as unknown as Bundle;
      expect([searchParams, resources(bundle).map((r) => r.id)]).toEqual([searchParams, [at.id]]);
      expect(validateResource(bundle)).toEqual([]);
    }
    expect(JSON.stringify(await client.read(at))).toContain('urn:authen-bridge:extension:found-right');
    const read = sampleRead({ id: 'late', pid: sampleCitizenId(2) });
    await facade.ledger.addCardRead(read);
    const paired = { ...told.next, readId: 'late', readKind: 'full', version: 3 } as const;
    await facade.ledger.commit([{ next: paired, from: 2, history: [] }]);
    expect(JSON.stringify(await client.read(at))).not.toContain('found-right');
  });
});

describe('paging', () => {
  it('goes through all, once each, while visits are added', async () => {
    const before = (await client.search({
      resourceType: 'Encounter',
      searchParams: { _summary: 'count' },
    })) as unknown as Bundle;
    const first = (await client.search({
      resourceType: 'Encounter',
      searchParams: { _count: 2 },
    })) as unknown as Bundle;
    await put(facade.ledger, { ...visit(8), vn: '691120099999' });
    const all = await pages(first, client);
    const ids = all.flatMap((page) => resources(page).map((r) => r.id ?? ''));
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBe(before.total);
    for (const page of all) expect(validateResource(page)).toEqual([]);
  });

  it('pages patients and organizations too', async () => {
    for (const resourceType of ['Patient', 'Organization']) {
      const first = (await client.search({ resourceType, searchParams: { _count: 2 } })) as unknown as Bundle;
      const ids = (await pages(first, client)).flatMap((page) => resources(page).map((r) => r.id));
      expect([new Set(ids).size, ids.length]).toEqual([first.total, first.total]);
    }
  });

  it('has no citizen id in any link, though the search had one', async () => {
    const values = [1, 2, 3].map((n) => `${CID}|${sampleCitizenId(n)}`).join(',');
    for (const options of [{}, { postSearch: true }]) {
      const first = (await privileged.resourceSearch({
        resourceType: 'Patient',
        searchParams: { identifier: values, _count: 1 },
        options,
      } as Parameters<Client['resourceSearch']>[0])) as unknown as Bundle;
      const all = await pages(first, privileged);
      expect(all.map((page) => resources(page).length)).toEqual([1, 1, 1]);
      const links = JSON.stringify(all.map((page) => [page.link, page.entry?.map((e) => e.fullUrl)]));
      expect(links).not.toMatch(/99\d{11}/);
      expect(JSON.stringify(facade.audits)).not.toMatch(/99\d{11}/);
    }
  });

  it("refuses a link that was touched, or is another type's", async () => {
    const first = (await client.search({
      resourceType: 'Encounter',
      searchParams: { _count: 1 },
    })) as unknown as Bundle;
    const next = first.link?.find((l) => l.relation === 'next')?.url ?? '';
    for (const url of [
      `${next}x`,
      next.replace('/Encounter', '/Task'),
      `${facade.base}/Encounter?_cursor=rubbish`,
    ]) {
      expect((await refusal(client.request(url))).status).toBe(410);
    }
  });
});

describe('who may see what', () => {
  it('asks for a key, and for the scope', async () => {
    expect(
      (await refusal(new Client({ baseUrl: facade.base }).search({ resourceType: 'Patient' }))).status,
    ).toBe(401);
    const reader = new Client({ baseUrl: facade.base, customHeaders: { [KEY]: 'card-reads:write' } });
    expect((await refusal(reader.search({ resourceType: 'Patient' }))).status).toBe(403);
  });

  it('refuses a search by citizen id without pid:read, and does not repeat it', async () => {
    for (const [resourceType, name] of [
      ['Patient', 'identifier'],
      ['Encounter', 'patient.identifier'],
    ] as const) {
      for (const value of [PID, `${CID}|${PID}`]) {
        const { status, outcome } = await refusal(
          client.search({ resourceType, searchParams: { [name]: value } }),
        );
        expect(status).toBe(403);
        expect(outcome.issue[0]?.diagnostics).toMatch(/pid:read/);
        expect(JSON.stringify(outcome)).not.toContain(PID);
      }
    }
    const found = (await privileged.search({
      resourceType: 'Encounter',
      searchParams: { 'patient.identifier': `${CID}|${PID}` },
    })) as unknown as Bundle;
    expect(resources(found).map((r) => (r as Encounter).id)).toEqual(['10978-691120083000']);
  });

  it('shows a key of one site that site only', async () => {
    const elsewhere = new Client({ baseUrl: facade.base, customHeaders: { [KEY]: 'fhir:read @10979' } });
    for (const resourceType of ['Encounter', 'Patient', 'Coverage', 'Task']) {
      const bundle = (await elsewhere.search({ resourceType })) as unknown as Bundle;
      expect([bundle.total, bundle.entry]).toEqual([0, undefined]);
    }
    for (const [resourceType, id] of [
      ['Encounter', '10978-691120083000'],
      ['Patient', '10978-000000123'],
      ['Organization', '10978'],
    ] as const) {
      expect((await refusal(elsewhere.read({ resourceType, id }))).status).toBe(404);
    }
  });

  it('keeps an hn that is a citizen id out of ids and links', async () => {
    const hn = sampleCitizenId(77);
    await put(facade.ledger, sampleCase({ hcode: '10979', vn: '1', hn, pid: hn }));
    const bundle = (await client.search({
      resourceType: 'Encounter',
      searchParams: { _id: '10979-1', _include: 'Encounter:patient' },
    })) as unknown as Bundle;
    expect(JSON.stringify(bundle)).not.toContain(hn);
    const patient = resources(bundle, 'include')[0] as Patient;
    const again = await client.search({
      resourceType: 'Encounter',
      searchParams: { patient: patient.id ?? '' },
    });
    expect((again as unknown as Bundle).total).toBe(1);
    expect((await client.read({ resourceType: 'Patient', id: patient.id ?? '' })).id).toBe(patient.id);
  });
});
