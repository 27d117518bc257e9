/** Says what is wrong with a configuration: each fault with its path and what was expected, never with what stood there. */

import type { z } from 'zod';

/** Faults that are told at once; a file of another kind would fill the screen. */
const MOST = 30;

export class Faults {
  readonly #lines: string[] = [];
  readonly #paths = new Set<string>();

  get isEmpty(): boolean {
    return this.#lines.length === 0;
  }

  /** Only the first at a path is kept: what follows from it would lead astray. */
  add(path: readonly PropertyKey[], what: string): void {
    const at = pathText(path);
    if (this.#paths.has(at)) return;
    this.#paths.add(at);
    this.#lines.push(`${at}: ${what}`);
  }

  addIssue(issue: z.core.$ZodIssue): void {
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) this.add([...issue.path, key], `unknown key; ${issue.message}`);
    } else {
      this.add(issue.path, issue.message);
    }
  }

  /** One line each, indented under the source's name. */
  toString(): string {
    const more = this.#lines.length - MOST;
    return [...this.#lines.slice(0, MOST), ...(more > 0 ? [`… and ${more} more`] : [])].join('\n  ');
  }
}

/** The words of a fault where the schema has none of its own. */
export function wording(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return `${issue.input === undefined ? 'missing; ' : ''}expected ${KINDS[String(issue.expected)] ?? issue.expected}`;
    case 'invalid_value':
      return `expected ${issue.values.map((value) => JSON.stringify(value)).join(' or ')}`;
    case 'too_small':
      return `expected at least ${issue.minimum}`;
    case 'too_big':
      return `expected at most ${issue.maximum}`;
    case 'invalid_union':
      return `expected ${kindsOf(issue.inst).join(' or ')}`;
    case 'unrecognized_keys':
      return `expected one of ${keysOf(issue.inst).join(', ')}`;
    default:
      return undefined;
  }
}

const KINDS: Record<string, string> = {
  string: 'a text ("…")',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list ([…])',
  object: 'an object ({…})',
};

function keysOf(type: unknown): string[] {
  const shape = (type as Partial<z.core.$ZodObject> | undefined)?._zod?.def.shape ?? {};
  return Object.keys(shape).filter((key) => !key.startsWith('$'));
}

/** The words by which the branches of a union are told apart. */
function kindsOf(union: unknown): string[] {
  const { options = [], discriminator = '' } =
    (union as Partial<z.core.$ZodDiscriminatedUnion>)._zod?.def ?? {};
  return options.flatMap((option) => {
    const kind = (option as z.core.$ZodObject)._zod.def.shape[discriminator];
    return [...(kind?._zod.values ?? [])].map((value) => JSON.stringify(value));
  });
}

/** `sites[0].his.url`; `(top)` for the whole. */
function pathText(path: readonly PropertyKey[]): string {
  const text = path.map(part).join('');
  return text === '' ? '(top)' : text.replace(/^\./, '');
}

function part(key: PropertyKey): string {
  if (typeof key === 'number') return `[${key}]`;
  const name = String(key);
  return /^[\w$-]+$/.test(name) ? `.${name.slice(0, 60)}` : `[${JSON.stringify(name.slice(0, 60))}]`;
}
