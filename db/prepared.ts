/**
 * Queries that are compiled once. Kysely needs some 50 µs to put a query together, which is more than SQLite needs to
 * run it; the few queries of the hot path are therefore built a single time with slots for their values.
 */

import type { CompiledQuery } from 'kysely';

interface Named {
  readonly name: string;
}

interface Builder {
  compile(): CompiledQuery<unknown>;
}

/** Names are given once in a process, so that a name means the same query on whatever connection. */
let count = 0;

class Slot {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/**
 * `const byId = prepared((v: { id: string }) => db.selectFrom('t').selectAll().where('id', '=', v.id));`
 * and then `byId({ id: '7' })` is the compiled query with its value in place.
 */
export function prepared<V extends object, B extends Builder>(
  build: (values: V) => B,
): (values: Readonly<V>) => ReturnType<B['compile']> {
  let template: ReturnType<B['compile']> | undefined;
  return (values) => {
    template ??= named(build(slots<V>()).compile() as ReturnType<B['compile']>);
    const given = values as Readonly<Record<string, unknown>>;
    return {
      ...template,
      parameters: template.parameters.map((p) => (p instanceof Slot ? given[p.name] : p)),
    };
  };
}

/** PostgreSQL plans a query that has a name once a connection; undefined for one that was not prepared. */
export function nameOf(query: CompiledQuery): string | undefined {
  return (query as Partial<Named>).name;
}

function named<Q extends CompiledQuery>(query: Q): Q & Named {
  return { ...query, name: `ledger-${++count}` };
}

/** Stands for the values while the query is built: whatever is read from it is a slot of that name. */
function slots<V extends object>(): V {
  return new Proxy({}, { get: (_, name) => new Slot(String(name)) }) as V;
}
