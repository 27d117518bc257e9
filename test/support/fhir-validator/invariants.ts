/** The invariants of the standard, run by fhirpath.js. One that cannot be run is an issue, not a pass. */

import type { ElementDefinitionConstraint } from 'fhir/r4.js';
import fhirpath, { type Model } from 'fhirpath';
import r4 from 'fhirpath/fhir-context/r4/index.js';

const model = r4 as Model;

type Compiled = (node: unknown, env: Record<string, unknown>) => unknown;
const compiled = new Map<string, Compiled>();

export function invariantIssues(
  node: unknown,
  path: string,
  constraints: readonly ElementDefinitionConstraint[],
  resource: unknown,
  at: string,
): string[] {
  return constraints
    .filter((c) => c.severity === 'error' && c.expression !== undefined)
    .flatMap((c) => {
      const result = run(path, c.expression ?? '', node, resource);
      // an empty answer means that the rule says nothing here
      const holds = Array.isArray(result) && (result.length === 0 || result[0] === true);
      return holds
        ? []
        : [`${at}: ${c.key} ${c.human}${Array.isArray(result) ? '' : ` (${String(result)})`}`];
    });
}

/** The answer, or what went wrong in words. */
function run(path: string, expression: string, node: unknown, resource: unknown): unknown {
  const key = `${path} ${expression}`;
  try {
    let program = compiled.get(key);
    if (program === undefined) {
      program = fhirpath.compile({ base: path, expression }, model, { traceFn: () => undefined }) as Compiled;
      compiled.set(key, program);
    }
    return program(node, { resource, rootResource: resource });
  } catch (error) {
    return `could not be run: ${error instanceof Error ? error.message : String(error)}`;
  }
}
