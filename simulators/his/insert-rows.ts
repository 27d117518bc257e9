import type { SimDb, SimValue } from './sim-db.ts';

/** PostgreSQL takes at most 65,535 parameters in a statement. */
const MAX_PARAMS = 20_000;

/** Many rows in few statements; the order is kept. Table and columns are names of this folder's own. */
export async function insertRows(
  db: SimDb,
  table: string,
  columns: readonly string[],
  rows: readonly (readonly SimValue[])[],
): Promise<void> {
  const atOnce = Math.floor(MAX_PARAMS / columns.length);
  const one = `(${columns.map(() => '?').join(', ')})`;
  for (let i = 0; i < rows.length; i += atOnce) {
    const some = rows.slice(i, i + atOnce);
    await db.query(
      `INSERT INTO ${table} (${columns.join(', ')}) VALUES ${some.map(() => one).join(', ')}`,
      some.flat(),
    );
  }
}
