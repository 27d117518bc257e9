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
    if (child.properties !== undefined) return keysOf(child, `${path}.`);
    const key = {
      path,
      type: typeOf(child),
      default: defaultOf(child, node.required?.includes(name) ?? false),
    };
    return child.items?.properties === undefined ? [key] : [key, ...keysOf(child.items, `${path}[].`)];
  });
}

function typeOf(node: Node): string {
  if (node.enum !== undefined) return node.enum.map((value) => `\`"${value}"\``).join(' or ');
  switch (node.type) {
    case 'string':
      return 'text';
    case 'boolean':
      return '`true` or `false`';
    case 'array':
      return node.items?.properties === undefined ? `list of ${typeOf(node.items ?? {})}` : 'list of objects';
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
