/** A facade on a real server and a real ledger in memory, with the gate's part played by a header. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { openLedger } from '../../../db/open-ledger.ts';
import type { CardRead } from '../../../src/domain/card-read.ts';
import type { Case } from '../../../src/domain/case.ts';
import { setCaller } from '../../../src/http/caller.ts';
import { fhirRouter } from '../../../src/http/fhir/router.ts';
import { isScope, type Scope } from '../../../src/http/scopes.ts';
import type { AuditEntry, Ledger } from '../../../src/service/ports/ledger.ts';
import type { Log } from '../../../src/service/ports/log.ts';
import { SAMPLE_AT } from '../../support/samples.ts';

export interface Facade {
  /** Address of the FHIR base. */
  base: string;
  ledger: Ledger;
  audits: AuditEntry[];
  logged: string[];
  close(): Promise<void>;
}

/** Header that stands for a key: `fhir:read pid:read @10978`. */
export const KEY = 'x-test-key';

export async function openFacade(): Promise<Facade> {
  const ledger = await openLedger('sqlite::memory:');
  await ledger.migrate();
  const audits: AuditEntry[] = [];
  const logged: string[] = [];
  const app = express();
  app.use((req, _res, next) => {
    const words = (req.get(KEY) ?? '').split(' ').filter((w) => w !== '');
    const site = words.find((w) => w.startsWith('@'))?.slice(1) ?? null;
    const scopes = new Set<Scope>(words.filter(isScope));
    if (words.length > 0) setCaller(req, { name: 'test', keyId: 'k1', scopes, hcode: site, stationId: null });
    next();
  });
  const recorded: Ledger = Object.create(ledger, {
    audit: {
      value: async (entry: AuditEntry) => {
        audits.push(entry);
        await ledger.audit(entry);
      },
    },
  });
  let url = '';
  const sites = [
    { hcode: '10978', name: 'โรงพยาบาลทดสอบ' },
    { hcode: '10979', name: '' },
  ];
  const clock = { now: () => SAMPLE_AT };
  app.use(
    '/fhir',
    fhirRouter({ ledger: recorded, clock, log: logInto(logged), sites, publicUrl: () => url }),
  );
  const server = createServer(app).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    base: `${url}/fhir`,
    ledger,
    audits,
    logged,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await ledger.close();
    },
  };
}

/** Puts a new case, and the read that it was paired with, into the ledger. */
export async function put(ledger: Ledger, c: Case, read: CardRead | null = null): Promise<void> {
  if (read !== null) await ledger.addCardRead(read);
  await ledger.commit([
    {
      next: { ...c, version: 1 },
      from: null,
      history: [],
      ...(read === null ? {} : { reads: [{ id: read.id, pairedVn: c.vn }] }),
    },
  ]);
}

function logInto(lines: string[]): Log {
  const line = (fields: object, message: string) => {
    const error = 'error' in fields && fields.error instanceof Error ? fields.error.stack : '';
    lines.push(`${message} ${JSON.stringify(fields)} ${error}`);
  };
  const log: Log = { debug: line, info: line, warn: line, error: line, child: () => log };
  return log;
}
