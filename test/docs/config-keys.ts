/** The keys of the configuration as its schema knows them, in the words of the table in `docs/configuration.md`. */

import { z } from 'zod';
import { configSchema } from '../../src/config.ts';

export interface ConfigKey {
  /** `sites[].his.pollSeconds` */
  path: string;
  /** `number 0.2–300`, `list of text`, `"test" or "prod"`. */
  type: string;
  /** JSON of the default, `required`, or `–` for a key that is absent unless it is given. */
  default: string;
}

interface Node {
  type?: string;
  default?: unknown;
  enum?: string[];
  properties?: Record<string, Node>;
  required?: string[];
  items?: Node;
  /** Of an object whose keys are names. */
  additionalProperties?: Node;
  const?: string;
  /** One branch for each kind. */
  oneOf?: Node[];
  /** One of several forms. */
  anyOf?: Node[];
  minimum?: number;
  maximum?: number;
}

/** Every key that can hold a value, in the order of the schema; objects are told by their keys. */
export function configKeys(): ConfigKey[] {
  return keysOf(z.toJSONSchema(configSchema, { io: 'input' }) as Node, '');
}

function keysOf(node: Node, prefix: string): ConfigKey[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const path = `${prefix}${name}`;
    if (child.oneOf !== undefined) return keysOfKinds(child.oneOf, `${path}.`);
    if (child.properties !== undefined) return keysOf(child, `${path}.`);
    const key = {
      path,
      type: typeOf(child),
      default: defaultOf(child, node.required?.includes(name) ?? false),
    };
    return child.items?.properties === undefined ? [key] : [key, ...keysOf(child.items, `${path}[].`)];
  });
}

/** What all kinds share stands once; what only some know bears their names: `sites[].his.writeBack (hosxp)`. */
function keysOfKinds(branches: readonly Node[], prefix: string): ConfigKey[] {
  const told = new Map<string, { key: ConfigKey; kinds: string[] }>();
  const all = branches.map((branch) => branch.properties?.kind?.const ?? '');
  for (const [i, branch] of branches.entries()) {
    for (const key of keysOf(
      { ...branch, properties: { ...branch.properties, kind: { enum: all } } },
      prefix,
    )) {
      const known = told.get(JSON.stringify(key));
      if (known === undefined) told.set(JSON.stringify(key), { key, kinds: [all[i] ?? ''] });
      else known.kinds.push(all[i] ?? '');
    }
  }
  return [...told.values()].map(({ key, kinds }) =>
    kinds.length === all.length ? key : { ...key, path: `${key.path} (${kinds.join(', ')})` },
  );
}

function typeOf(node: Node): string {
  if (node.enum !== undefined) return node.enum.map((value) => `\`"${value}"\``).join(' or ');
  if (node.anyOf !== undefined) return node.anyOf.map(typeOf).join(' or ');
  switch (node.type) {
    case 'string':
      return 'text';
    case 'boolean':
      return '`true` or `false`';
    case 'array':
      return node.items?.properties === undefined ? `list of ${typeOf(node.items ?? {})}` : 'list of objects';
    case 'object':
      return `object of ${typeOf(node.additionalProperties ?? {})}`;
    case 'integer':
      return `whole number ${range(node)}`;
    case 'number':
      return `number ${range(node)}`;
    default:
      throw new Error(`no word for ${JSON.stringify(node)}`);
  }
}

function range({ minimum, maximum }: Node): string {
  return `${String(minimum)}–${String(maximum)}`;
}

function defaultOf(node: Node, isRequired: boolean): string {
  if (isRequired) return 'required';
  return node.default === undefined ? '–' : `\`${JSON.stringify(node.default)}\``;
}
