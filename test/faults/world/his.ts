/** The hospital's HOSxP: a real server, the least account for the bridge, and triggers that write down every change. */

import { randomBytes } from 'node:crypto';
import { createSchema, seedReferenceData } from '../../../simulators/his/hosxp/schema.ts';
import { openSimDb, type SimDb } from '../../../simulators/his/sim-db.ts';
import type { Started } from '../../support/services/start.ts';
import { type FreshDatabase, freshMariaDb, freshPostgres } from '../../support/services.ts';
import { TcpProxy } from '../../support/tcp-proxy.ts';
import type { Setup } from '../setup.ts';

export const HCODE = '10978';

/** One change of `visit_pttype.auth_code`, as the database itself saw it. */
export interface CodeChange {
  vn: string;
  before: string | null;
  after: string | null;
  byBridge: boolean;
}

const TABLES = ['ovst', 'patient', 'pttype', 'visit_pttype', 'authenhos', 'opdconfig', 'kskdepartment'];

export class His {
  readonly proxy: TcpProxy;
  /** For the bridge: its own account, by way of the proxy. */
  readonly url: string;
  readonly #server: Started;
  readonly #database: FreshDatabase;
  readonly #account: string;
  #desk: SimDb;
  /** The desk does one thing after the other. */
  #busy: Promise<unknown> = Promise.resolve();

  private constructor(parts: {
    proxy: TcpProxy;
    url: string;
    server: Started;
    database: FreshDatabase;
    account: string;
    desk: SimDb;
  }) {
    this.proxy = parts.proxy;
    this.url = parts.url;
    this.#server = parts.server;
    this.#database = parts.database;
    this.#account = parts.account;
    this.#desk = parts.desk;
  }

  static async open(server: Started, form: Setup['his']): Promise<His> {
    const isPostgres = form === 'postgres';
    const database = await (isPostgres ? freshPostgres : freshMariaDb)(server.url);
    const desk = await openSimDb(database.url);
    await createSchema(desk, form === 'mariadb-myisam' ? { storage: 'MyISAM' } : {});
    await seedReferenceData(desk, { hcode: HCODE, hospitalName: 'โรงพยาบาลสมมุติ' });
    await desk.exec(isPostgres ? AUDIT_POSTGRES : AUDIT_MARIADB);
    const account = `bridge_${randomBytes(5).toString('hex')}`;
    const password = randomBytes(9).toString('hex');
    const name = isPostgres ? account : `'${account}'@'%'`;
    await desk.exec(
      isPostgres
        ? `CREATE ROLE ${account} LOGIN PASSWORD '${password}'`
        : `CREATE USER ${name} IDENTIFIED BY '${password}'`,
    );
    for (const table of TABLES) await desk.exec(`GRANT SELECT ON ${table} TO ${name}`);
    await desk.exec(`GRANT UPDATE (auth_code, Auth_DateTime) ON visit_pttype TO ${name}`);
    const proxy = await TcpProxy.to(database.url);
    const url = new URL(proxy.through(database.url));
    url.username = account;
    url.password = password;
    return new His({ proxy, url: url.href, server, database, account, desk });
  }

  get engine(): SimDb['engine'] {
    return this.#desk.engine;
  }

  /** The registration desk's own connection, which nothing is done to; opened anew after a crash. */
  desk<T>(work: (db: SimDb) => Promise<T>): Promise<T> {
    const done = this.#busy.then(() => this.#work(work));
    this.#busy = done.catch(() => undefined); // whoever asked for it hears of it
    return done;
  }

  async #work<T>(work: (db: SimDb) => Promise<T>): Promise<T> {
    try {
      return await work(this.#desk);
    } catch (error) {
      const isBroken = await this.#desk.query('SELECT 1').then(
        () => false,
        () => true,
      );
      if (!isBroken) throw error;
    }
    this.#desk = await openSimDb(this.#database.url);
    return work(this.#desk);
  }

  /** Takes the lock that a maintenance job takes; returns what lets it go. */
  async lockRights(): Promise<() => Promise<void>> {
    const own = await openSimDb(this.#database.url);
    if (own.engine === 'mariadb') await own.query('LOCK TABLES visit_pttype WRITE');
    else await own.exec('BEGIN; LOCK TABLE visit_pttype IN ACCESS EXCLUSIVE MODE');
    return () => own.close();
  }

  crash(): Promise<void> {
    return this.#server.crash();
  }

  startAgain(): Promise<void> {
    return this.#server.startAgain();
  }

  async changes(): Promise<CodeChange[]> {
    const rows = await this.desk((db) => db.query('SELECT * FROM code_audit ORDER BY id'));
    const text = (value: unknown): string | null => (value === null ? null : String(value));
    return rows.map((row) => ({
      vn: String(row.vn),
      before: text(row.code_before),
      after: text(row.code_after),
      byBridge: String(row.who).startsWith(this.#account),
    }));
  }

  /** Every visit that stands in the HIS now, and its code. */
  async visits(): Promise<{ vn: string; code: string | null }[]> {
    const rows = await this.desk((db) =>
      db.query(`SELECT o.vn AS vn, r.auth_code AS code FROM ovst o
        LEFT JOIN visit_pttype r ON r.vn = o.vn AND r.pttype = o.pttype`),
    );
    return rows.map((row) => ({ vn: String(row.vn), code: row.code === null ? null : String(row.code) }));
  }

  async close(): Promise<void> {
    await this.proxy.close();
    await this.#desk.close();
    await this.#database.drop();
    const admin = await openSimDb(this.#server.url);
    await admin.exec(
      admin.engine === 'postgres' ? `DROP ROLE ${this.#account}` : `DROP USER '${this.#account}'@'%'`,
    );
    await admin.close();
  }
}

const AUDIT_MARIADB = `
CREATE TABLE code_audit (id int AUTO_INCREMENT PRIMARY KEY, vn varchar(13), code_before varchar(50),
  code_after varchar(50), who varchar(200));
CREATE TRIGGER note_code AFTER UPDATE ON visit_pttype FOR EACH ROW
  INSERT INTO code_audit (vn, code_before, code_after, who) VALUES (NEW.vn, OLD.auth_code, NEW.auth_code, USER());
`;

const AUDIT_POSTGRES = `
CREATE TABLE code_audit (id serial PRIMARY KEY, vn text, code_before text, code_after text, who text);
CREATE FUNCTION note_code() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
  BEGIN
    INSERT INTO code_audit (vn, code_before, code_after, who)
      VALUES (NEW.vn, OLD.auth_code, NEW.auth_code, session_user);
    RETURN NULL;
  END $$;
CREATE TRIGGER note_code AFTER UPDATE ON visit_pttype FOR EACH ROW EXECUTE FUNCTION note_code();
`;
