/** Between the ledger and the mappings: fetches what a resource is made of, within what the caller may see. */

import type { FhirResource, Organization, Patient } from 'fhir/r4.js';
import type { Case } from '../../domain/case.ts';
import { takesFoundRight } from '../../domain/found-right.ts';
import type { PersonOfDay } from '../../service/ports/found-rights.ts';
import type {
  CaseKey,
  Ledger,
  Page,
  PatientRow,
  SearchQuery,
  SearchSort,
} from '../../service/ports/ledger.ts';
import { parseCaseId, parsePatientId } from './ids.ts';
import { type Along, definitionOf, type ResourceType } from './resource-types.ts';
import type { CaseWithRead, MappingContext } from './resources/context.ts';
import { organizations, type SiteName } from './resources/organization.ts';
import { toPatient } from './resources/patient.ts';

export type FacadeLedger = Pick<
  Ledger,
  'search' | 'case' | 'cardRead' | 'rights' | 'audit' | 'recall' | 'remember'
>;

export interface View extends MappingContext {
  /** When set, nothing of another site is seen. */
  hcode: string | null;
}

export class Store {
  readonly #ledger: FacadeLedger;
  readonly #organizations: readonly Organization[];

  constructor(ledger: FacadeLedger, sites: readonly SiteName[]) {
    this.#ledger = ledger;
    this.#organizations = organizations(sites);
  }

  /** Null when there is none, or none that the caller may see. */
  async read(type: ResourceType, id: string, view: View): Promise<FhirResource | null> {
    const definition = definitionOf(type);
    switch (definition.kind) {
      case 'organization':
        return this.organizations(view).find((o) => o.id === id) ?? null;
      case 'patient': {
        const key = parsePatientId(id, view.seal);
        return key === null ? null : await this.#patient(key, view);
      }
      case 'case': {
        const key = parseCaseId(id);
        if (key === null || !sees(view, key)) return null;
        const found = await this.#ledger.case(key);
        if (found === null) return null;
        const [whole] = await this.#withRights([found]);
        return whole === undefined ? null : definition.map(whole, view);
      }
    }
  }

  /** Hospitals of other sites are no secret to a key of one site, but they are none of its business either. */
  organizations(view: View): readonly Organization[] {
    return this.#organizations.filter(
      (o) => view.hcode === null || o.id === view.hcode || o.identifier === undefined,
    );
  }

  async cases(
    query: SearchQuery,
    view: View,
    page: { limit: number; after?: string; sort?: SearchSort },
  ): Promise<Page<CaseWithRead>> {
    const { items, next } = await this.#ledger.search.cases(bound(query, view), page);
    return { items: await this.#withRights(items), next };
  }

  countCases(query: SearchQuery, view: View): Promise<number> {
    return this.#ledger.search.countCases(bound(query, view));
  }

  async patients(
    query: SearchQuery,
    view: View,
    page: { limit: number; after?: string },
  ): Promise<Page<Patient>> {
    const { items, next } = await this.#ledger.search.patients(bound(query, view), page);
    return { items: items.map((row) => toPatient(row, view)), next };
  }

  countPatients(query: SearchQuery, view: View): Promise<number> {
    return this.#ledger.search.countPatients(bound(query, view));
  }

  /** What a visit brings along: its person, its hospital, or another view of itself. */
  async along(source: CaseWithRead, type: Along, view: View): Promise<FhirResource | null> {
    const { hcode, hn } = source.case;
    if (type === 'Organization') return this.organizations(view).find((o) => o.id === hcode) ?? null;
    if (type === 'Patient') return hn === null ? null : await this.#patient({ hcode, hn }, view);
    const definition = definitionOf(type);
    return definition.kind === 'case' ? definition.map(source, view) : null;
  }

  async #patient(key: { hcode: string; hn: string }, view: View): Promise<Patient | null> {
    if (!sees(view, key)) return null;
    const row: PatientRow | null = await this.#ledger.search.patient(key.hcode, key.hn);
    return row === null ? null : toPatient(row, view);
  }

  async #withRights(cases: readonly Case[]): Promise<CaseWithRead[]> {
    const people = cases.flatMap(personWithoutRead);
    const [found, reads] = await Promise.all([
      this.#ledger.rights.find(people),
      Promise.all(cases.map((c) => (c.readId === null ? null : this.#ledger.cardRead(c.readId)))),
    ]);
    return cases.map((c, i) => ({
      case: c,
      read: reads[i] ?? null,
      found:
        found.find((f) => f.pid === c.pid && f.serviceDate === c.serviceDate && f.hcode === c.hcode) ?? null,
    }));
  }
}

/** Whose right may have been found without a card. */
function personWithoutRead(c: Case): PersonOfDay[] {
  if (c.pid === null || !takesFoundRight(c)) return [];
  return [{ hcode: c.hcode, pid: c.pid, serviceDate: c.serviceDate }];
}

function sees(view: View, key: Pick<CaseKey, 'hcode'>): boolean {
  return view.hcode === null || view.hcode === key.hcode;
}

function bound(query: SearchQuery, view: View): SearchQuery {
  return view.hcode === null ? query : { ...query, hcode: view.hcode };
}
