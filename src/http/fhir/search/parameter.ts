/** What a search parameter is, and how one that a client sent becomes conditions. */

import type { SearchQuery } from '../../../service/ports/ledger.ts';
import type { Seal } from '../seal.ts';

export interface ParameterContext {
  seal: Seal;
  /** Address of the FHIR base, without a slash at its end. */
  base: string;
  showCitizenIds: boolean;
}

/** `Q` is a condition of the store that is searched: a SearchQuery of the ledger, or a predicate for a short list. */
export interface Parameter<Q> {
  name: string;
  type: 'token' | 'date' | 'reference' | 'string';
  documentation: string;
  modifiers: readonly string[];
  /** Target types of a reference. */
  target?: readonly string[];
  /** The conditions of which one must hold for this value. Throws FhirError 400, or 403 for what the key may not ask. */
  match(value: string, context: ParameterContext): readonly Q[];
  /** Condition for `:missing=true`; needed where `modifiers` has it. */
  missing?: Q;
}

export type CaseParameter = Parameter<SearchQuery>;

/** Holds for every case. */
export const EVERY: SearchQuery = {};
/** Holds for no case. */
export const NONE: SearchQuery = { allOf: [[]] };
