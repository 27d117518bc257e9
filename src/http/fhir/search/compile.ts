/** From the parameters of a request to conditions: comma is OR, repeating is AND, `:not` turns a list round. */

import { badParameter } from '../outcome.ts';
import type { Parameter, ParameterContext } from './parameter.ts';
import { alternatives } from './values.ts';

/** One parameter as it was sent; a search with POST has more of them in its body. */
export type Pair = readonly [name: string, value: string];

export interface Group<Q> {
  any: readonly Q[];
  /** None of them may hold. */
  not: boolean;
}

export interface Compiled<Q> {
  groups: Group<Q>[];
  /** Parameters that were not understood, with the reason. */
  ignored: string[];
}

/** More values than this in one search are refused: each is a condition of its own in the database. */
const MAX_VALUES = 100;

export function compile<Q>(
  pairs: readonly Pair[],
  parameters: readonly Parameter<Q>[],
  context: ParameterContext,
): Compiled<Q> {
  const groups: Group<Q>[] = [];
  const ignored: string[] = [];
  let values = 0;
  for (const [key, value] of pairs) {
    const [name = '', ...rest] = key.split(':');
    const modifier = rest.length === 0 ? null : rest.join(':');
    const parameter = parameters.find((p) => p.name === name);
    if (parameter === undefined) {
      ignored.push(
        `${key}: not a search parameter here; known are ${parameters.map((p) => p.name).join(', ')}`,
      );
      continue;
    }
    const parts = alternatives(value);
    if (parts.length === 0) {
      ignored.push(`${key}: has no value`);
      continue;
    }
    values += parts.length;
    if (values > MAX_VALUES) throw badParameter(name, `expected at most ${MAX_VALUES} values in one search`);
    groups.push(group(parameter, modifier, parts, context));
  }
  return { groups, ignored };
}

function group<Q>(
  parameter: Parameter<Q>,
  modifier: string | null,
  parts: readonly string[],
  context: ParameterContext,
): Group<Q> {
  // a reference's type may stand as a modifier: patient:Patient=…
  const typed = modifier !== null && parameter.target?.includes(modifier) === true;
  if (modifier !== null && !typed && !parameter.modifiers.includes(modifier)) {
    // FHIR: a modifier that is not supported is always an error, for it changes what is asked
    const known = parameter.modifiers.length === 0 ? 'none' : parameter.modifiers.join(', ');
    throw badParameter(parameter.name, `modifier :${modifier} is not supported here; known: ${known}`);
  }
  if (modifier === 'missing') {
    const wanted = parts[0];
    if (parts.length !== 1 || (wanted !== 'true' && wanted !== 'false') || parameter.missing === undefined) {
      throw badParameter(parameter.name, ':missing takes true or false');
    }
    return { any: [parameter.missing], not: wanted === 'false' };
  }
  return { any: parts.flatMap((part) => parameter.match(part, context)), not: modifier === 'not' };
}
