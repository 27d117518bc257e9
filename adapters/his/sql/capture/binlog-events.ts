/**
 * MariaDB's and MySQL's binary log, as far as a doorbell needs it: which tables a transaction has changed, and where it
 * ends. No row is decoded. The layouts are those of binary log version 4 (MySQL 5.1 and all later ones, all MariaDB).
 */

/** What is kept of an event: enough for the names in it and for the beginning of a statement. */
export const EVENT_HEAD_BYTES = 2_048;

const HEADER_BYTES = 19;
const TYPE_AT = 4;

const QUERY = 2;
const XID = 16;
const TABLE_MAP = 19;
const MYSQL_GTIDS: readonly number[] = [33, 34, 42];
const XA_PREPARE = 38;
/** MySQL's `binlog_transaction_compression`: a whole transaction, packed. */
const TRANSACTION_PAYLOAD = 40;
const MARIADB_GTID = 162;
/** MariaDB's `log_bin_compress`. */
const QUERY_COMPRESSED = 165;
/** Written, changed and removed rows: versions 0, 1, 2, MySQL's changed parts of JSON, MariaDB's compressed ones. */
const ROWS: readonly number[] = [20, 21, 22, 23, 24, 25, 30, 31, 32, 39, 166, 167, 168, 169, 170, 171];

/** MariaDB's flag of a group that is one statement and has no end of its own. */
const STANDALONE = 1;

/** Far more than a transaction has tables of ours; only a stream that is none gets there. */
const MOST_TABLE_IDS = 1_000;

export class BinlogEvents {
  readonly #schema: string;
  readonly #tables: ReadonlySet<string>;
  /** One of our tables in a statement, without and with its database. */
  readonly #bare: RegExp;
  readonly #qualified: RegExp;
  readonly #heard: () => void;
  /** The numbers under which this transaction's rows name our tables. */
  readonly #ids = new Set<number>();
  #isTouched = false;
  #isInGroup = false;

  /** `tables` are names of the adapter, in lower case. */
  constructor(schema: string, tables: readonly string[], heard: () => void) {
    this.#schema = schema.toLowerCase();
    this.#tables = new Set(tables);
    const names = tables.map(literally).join('|');
    // statements are looked through byte by byte, so the name of the database too
    const schemaBytes = literally(Buffer.from(this.#schema, 'utf8').toString('latin1'));
    this.#bare = new RegExp(`(?<![a-z0-9_$.\`])\`?(?:${names})(?![a-z0-9_$])`);
    this.#qualified = new RegExp(
      `(?<![a-z0-9_$\`])\`?${schemaBytes}\`?\\s*\\.\\s*\`?(?:${names})(?![a-z0-9_$])`,
    );
    this.#heard = heard;
  }

  /** One event from its header on, or the beginning of it. Never throws: what cannot be read rings no bell. */
  take(event: Buffer): void {
    if (event.length < HEADER_BYTES) return;
    const type = event.readUInt8(TYPE_AT);
    const body = event.subarray(HEADER_BYTES);
    if (type === TABLE_MAP) this.#tableMap(body);
    else if (ROWS.includes(type)) this.#rows(body);
    else if (type === XID || type === XA_PREPARE) this.#groupEnds();
    else if (type === QUERY) this.#query(body);
    else if (type === QUERY_COMPRESSED) this.#packedQuery(body);
    else if (type === MARIADB_GTID) {
      this.#groupEnds();
      this.#isInGroup = body.length > 12 && (body.readUInt8(12) & STANDALONE) === 0;
    } else if (MYSQL_GTIDS.includes(type)) this.#groupEnds();
    else if (type === TRANSACTION_PAYLOAD) {
      // what is in it is not looked into: a bell too many costs one short query, a decoder much more
      this.#isTouched = true;
      this.#groupEnds();
    }
  }

  #tableMap(body: Buffer): void {
    // number of the table (6), flags (2), length, schema, 0, length, table, 0
    if (body.length < 9) return;
    const schemaEnd = 9 + body.readUInt8(8);
    if (body.length < schemaEnd + 2) return;
    const tableAt = schemaEnd + 2;
    const tableEnd = tableAt + body.readUInt8(schemaEnd + 1);
    if (body.length < tableEnd) return;
    const id = body.readUIntLE(0, 6);
    const isOurs =
      body.toString('utf8', 9, schemaEnd).toLowerCase() === this.#schema &&
      this.#tables.has(body.toString('utf8', tableAt, tableEnd).toLowerCase());
    if (!isOurs) {
      this.#ids.delete(id);
      return;
    }
    if (this.#ids.size >= MOST_TABLE_IDS) this.#ids.clear();
    this.#ids.add(id);
  }

  #rows(body: Buffer): void {
    if (body.length >= 6 && this.#ids.has(body.readUIntLE(0, 6))) this.#isTouched = true;
  }

  #query(body: Buffer): void {
    const query = queryOf(body);
    if (query === null) return;
    const { schema, text } = query;
    if (/^\s*(begin|start\s+transaction)/.test(text)) {
      this.#groupEnds();
      this.#isInGroup = true;
    } else if (/^\s*xa\s+commit/.test(text)) {
      // its rows went by with XA PREPARE, and may be seen only now
      this.#isTouched = true;
      this.#groupEnds();
    } else if (/^\s*(commit|rollback(?!\s+to))/.test(text)) {
      // a rollback is only logged when something of it stays: rows of MyISAM
      this.#groupEnds();
    } else if (this.#names(text, schema === this.#schema)) {
      this.#touchedByStatement();
    }
  }

  /** An event may end with a checksum of 4 bytes, which can look like letters of the last word. */
  #names(text: string, isAtHome: boolean): boolean {
    return [text, text.slice(0, -4)].some(
      (read) => this.#qualified.test(read) || (isAtHome && this.#bare.test(read)),
    );
  }

  #packedQuery(body: Buffer): void {
    if (queryOf(body)?.schema === this.#schema) this.#touchedByStatement();
  }

  /** Logged as a statement: binlog_format STATEMENT or MIXED, and all that changes a table's shape. */
  #touchedByStatement(): void {
    this.#isTouched = true;
    if (!this.#isInGroup) this.#groupEnds();
  }

  #groupEnds(): void {
    const isTouched = this.#isTouched;
    this.#ids.clear();
    this.#isTouched = false;
    this.#isInGroup = false;
    if (isTouched) this.#heard();
  }
}

/** Default database and text of a statement, in lower case; text byte by byte, since only names in ASCII are looked for. */
function queryOf(body: Buffer): { schema: string; text: string } | null {
  // thread (4), seconds (4), length of the schema, error (2), length of the status (2), status, schema, 0, text
  if (body.length < 13) return null;
  const schemaAt = 13 + body.readUInt16LE(11);
  const schemaEnd = schemaAt + body.readUInt8(8);
  if (body.length < schemaEnd + 1) return null;
  return {
    schema: body.toString('utf8', schemaAt, schemaEnd).toLowerCase(),
    text: body.toString('latin1', schemaEnd + 1).toLowerCase(),
  };
}

function literally(name: string): string {
  return name.replace(/[^a-z0-9_]/g, '\\$&');
}
