/** `reconcile` as whoever runs it sees it: a process, a real HIS, NHSO over HTTP; what it prints, writes and ends with. */

import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OUTCOMES, type Outcome } from '../../../src/domain/reconcile.ts';
import { reconciliationDetailSchema } from '../../../src/http/schemas/reconciliation.ts';
import { readCsv } from '../../support/csv-reader.ts';
import { freePort } from '../../support/services/processes.ts';
import { describeWith, type FreshDatabase, freshPostgres } from '../../support/services.ts';
import { Cli, type Ended, runCli } from '../cli.ts';
import { NightHospital, type Visit } from './hospital.ts';

/** Processes are slow to start on a busy machine, ms. */
const PATIENCE_MS = 600_000;

/** One sentence with the next step, no stack. */
function isToldWell({ code, out, err }: Ended, said: RegExp): void {
  expect(err).toMatch(said);
  expect(err).toMatch(/^authen-bridge: |^error: /m);
  expect(err).not.toMatch(/^ +at /m);
  expect([code, out]).toEqual([1, '']);
}

const idOf = (out: string): string => /\d{8}-10978-[a-z0-9]{6}/.exec(out)?.[0] ?? '';

describeWith('postgres', 'a night by hand', (admin) => {
  let fresh: FreshDatabase;
  let hospital: NightHospital;
  let visits: Record<Outcome, Visit>;
  let day: string;
  beforeAll(async () => {
    fresh = await freshPostgres(admin);
    hospital = await NightHospital.open(fresh.url);
    visits = await hospital.everyOutcome();
    day = hospital.day;
  }, PATIENCE_MS);
  afterAll(async () => {
    await hospital.close();
    await fresh.drop();
  });

  const reconcile = (...args: string[]): Promise<Ended> => hospital.run('--config', hospital.config, ...args);
  const sub = (name: string, ...args: string[]): Promise<Ended> =>
    hospital.run(name, ...args, '--config', hospital.config);
  /** The outcome that the table shows, by visit. */
  const rowsOf = (out: string): Record<string, string> =>
    Object.fromEntries([...out.matchAll(/^(\d{12}) \S+ +(\S+)/gm)].map(([, vn, outcome]) => [vn, outcome]));
  const expected = (): Record<string, string> =>
    Object.fromEntries(OUTCOMES.map((outcome) => [visits[outcome].vn, outcome]));
  const hasNoPerson = ({ out, err }: Ended): void => {
    for (const { pid } of Object.values(visits)) expect(out + err).not.toContain(pid);
  };

  test(
    'a dry run says of every visit what would be done, and changes nothing',
    async () => {
      const dry = await reconcile('--date', 'yesterday', '--dry-run', '--all');
      expect(dry.err).not.toMatch(/authen-bridge:/);
      expect(dry.code).toBe(0);
      expect(rowsOf(dry.out)).toEqual(expected());
      expect(dry.out).toContain('a dry run: nothing was written into the HIS');
      expect(dry.out).toContain('Every visit is accounted for: the HIS itself counts 7 visits on that day.');
      expect(await hospital.codeInHis(visits.found.vn)).toBeNull();
      hasNoPerson(dry);
    },
    PATIENCE_MS,
  );

  let run: string;
  test(
    'a run writes what fits, tells the rest, and accounts for every visit',
    async () => {
      const csv = join(hospital.folder, 'night.csv');
      const done = await reconcile('--site', '10978', '--date', day, '--csv', csv);
      expect(done.code).toBe(0);
      run = idOf(done.out);
      expect(rowsOf(done.out)).toEqual(
        Object.fromEntries(
          Object.entries(expected()).filter(([, o]) => o !== 'had-one' && o !== 'not-required'),
        ),
      );
      expect(done.out).toContain('2 visits that had a code or need none: --all shows them.');
      expect(await hospital.codeInHis(visits.found.vn)).toBe('PP1000000002');
      expect(await hospital.codeInHis(visits.disagree.vn)).toBe('PP1000000009');
      expect(done.err).toContain(`${csv}: 7 visits`);

      const file = readFileSync(csv);
      expect([...file.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
      const [heads = [], ...rows] = readCsv(file.subarray(3).toString());
      const at = (name: string): number => heads.findIndex((head) => head.endsWith(` ${name}`));
      const said = rows.map((row) => [/\d{12}/.exec(row[at('vn')] ?? '')?.[0], row[at('outcome')]]);
      expect(Object.fromEntries(said)).toEqual(expected());
      hasNoPerson({ ...done, out: done.out + file });
    },
    PATIENCE_MS,
  );

  test(
    'show and list tell of it again, the HIS and NHSO not being asked',
    async () => {
      const asked = hospital.web.control.requests().length;
      const shown = await sub('show', run, '--all');
      expect([shown.code, shown.err]).toEqual([0, '']);
      expect(rowsOf(shown.out)).toEqual(expected());

      const json = await sub('show', run, '--json');
      const told = JSON.parse(json.out);
      expect(reconciliationDetailSchema.safeParse(told).error).toBeUndefined();
      expect(told).toMatchObject({
        id: run,
        sum: 7,
        hisCount: 7,
        agrees: true,
        dryRun: false,
        state: 'finished',
      });
      expect(told.items).toHaveLength(7);
      expect(told.startedBy).toMatch(/^cli:/);
      hasNoPerson(json);

      const list = await sub('list', '--site', '10978');
      expect(list.code).toBe(0);
      expect(list.out).toContain('dry run, 1 had-one, 1 found');
      expect(list.out.indexOf(run)).toBeGreaterThan(0);
      expect((await sub('list', '--site', '99999')).out).toContain('No runs yet');
      expect(hospital.web.control.requests()).toHaveLength(asked);
    },
    PATIENCE_MS,
  );

  test(
    'undo puts back what the run wrote and nothing else, and a dry one says so first',
    async () => {
      const dry = await sub('undo', run, '--dry-run');
      expect([dry.code, dry.err]).toEqual([0, '']);
      expect(dry.out).toMatch(new RegExp(`^${visits.found.vn} +PP1000000002 +would be put back$`, 'm'));
      expect(await hospital.codeInHis(visits.found.vn)).toBe('PP1000000002');

      const undone = await sub('undo', run);
      expect([undone.code, undone.err]).toEqual([0, '']);
      expect(undone.out).toMatch(/^1 put-back$/m);
      expect((await hospital.codeInHis(visits.found.vn)) ?? '').toBe('');
      expect(await hospital.codeInHis(visits['had-one'].vn)).toBe('PP1000000001');
      expect((await sub('show', run)).out).toMatch(/; undone;/);
      expect((await sub('undo', run)).out).toMatch(/was put back before/);
    },
    PATIENCE_MS,
  );

  test(
    'what is asked for wrongly is told, and nothing is done',
    async () => {
      const buddhist = day.replace(/^\d{4}/, (year) => String(Number(year) + 543));
      isToldWell(await reconcile(), /--date: expected a service date/);
      isToldWell(await reconcile('--date', buddhist), new RegExp(`write ${day} for the year`));
      isToldWell(await reconcile('--date', day, '--site', '99999'), /--site: expected one of 10978/);
      isToldWell(await sub('show', '20261119-10978-zzzzzz'), /no reconciliation 20261119-10978-zzzzzz/);
      isToldWell(await sub('list', '--limit', '0'), /--limit: expected a number/);
    },
    PATIENCE_MS,
  );

  test(
    'a CSV that cannot be written is told, and leaves nothing half done',
    async () => {
      const folder = join(hospital.folder, 'is-a-folder.csv');
      mkdirSync(folder);
      const { code, err } = await sub('show', run, '--csv', folder);
      expect(code).toBe(1);
      expect(err).toMatch(/--csv: .*is-a-folder\.csv cannot be written \(E\w+\)/);
      expect(existsSync(join(hospital.folder, 'nowhere'))).toBe(false);
      expect((await sub('show', run, '--csv', join(hospital.folder, 'nowhere', 'x.csv'))).code).toBe(1);
    },
    PATIENCE_MS,
  );

  test(
    'a run that cannot ask is no success, says how to go on, and then goes on',
    async () => {
      const config = hospital.configFile({}, 'away');
      hospital.web.control.down();
      hospital.agent.control.nhsoDown();
      const failed = await hospital.run('--config', config, '--date', day, '--json');
      hospital.web.control.up();
      hospital.agent.control.nhsoUp();
      expect(failed.code).toBe(1);
      expect(JSON.parse(failed.out)).toMatchObject({ state: 'failed' });
      expect(failed.err).toMatch(/the run did not come to its end/);
      expect(failed.err).toContain(
        `→ Go on with it: npm run reconcile -- --config ${config} --site 10978 --date ${day} --resume`,
      );
      const resumed = await hospital.run('--config', config, '--date', day, '--resume');
      expect(resumed.code).toBe(0);
      expect(idOf(resumed.out)).toBe(JSON.parse(failed.out).id);
    },
    PATIENCE_MS,
  );

  test(
    'beside a running bridge, on the same SQLite ledger, neither disturbs the other',
    async () => {
      const port = await freePort();
      const config = hospital.configFile({ more: { http: { port } } }, 'beside');
      const bridge = new Cli(['start', '--config', config]);
      const status = (): Promise<number | undefined> =>
        fetch(`http://127.0.0.1:${port}/healthz`).then(
          (answer) => answer.status,
          () => undefined,
        );
      await bridge.says(/authen-bridge is at work/);
      const { code, out } = await hospital.run('--config', config, '--date', day);
      expect([code, await status()]).toEqual([0, 200]);
      expect(out).toContain('Every visit is accounted for: the HIS itself counts 7 visits on that day.');
      bridge.child.kill('SIGTERM');
      expect(await bridge.ended()).toBe(0);
      const lines = bridge.out.split('\n').filter((line) => line !== '');
      expect(lines.filter((line) => ['warn', 'error'].includes(JSON.parse(line).level))).toEqual([]);
      // the case holds what the HIS holds, whichever of the two wrote it
      expect(await hospital.codeInHis(visits.found.vn)).toBe('PP1000000002');
    },
    PATIENCE_MS,
  );

  test(
    'where there is no terminal, a plain line now and then says how far it is',
    async () => {
      const config = hospital.configFile({ reconcile: { ratePerSecond: 0.5 } }, 'slower');
      const { code, err } = await hospital.run('--config', config, '--date', day, '--dry-run');
      expect(code).toBe(0);
      expect(err).toMatch(/^10978 \d{4}-\d\d-\d\d: \d of 7 visits(, \d+ (s|min) to go)?$/m);
      expect(err).not.toMatch(/\p{Cc}(?<!\n)/u);
    },
    PATIENCE_MS,
  );

  test(
    'Ctrl-C lets what is in hand end, and says how to go on',
    async () => {
      const config = hospital.configFile({ reconcile: { ratePerSecond: 1 } }, 'slow');
      const cli = hospital.start('--config', config, '--date', day);
      const before = hospital.web.control.requests().length;
      for (
        let waited = 0;
        hospital.web.control.requests().length === before && waited < 120_000;
        waited += 100
      ) {
        await sleep(100);
      }
      cli.child.kill('SIGINT');
      expect(await cli.ended()).toBe(1);
      expect(cli.err).toMatch(/SIGINT: what is in hand ends first/);
      expect(cli.err).toMatch(/it was stopped before its end/);
      expect(cli.err).toContain('--resume');
      expect(cli.out).toMatch(/; failed; /);
    },
    PATIENCE_MS,
  );
});

describe('help', () => {
  test(
    'tells the exit codes and every part of the command',
    async () => {
      const { code, out } = await runCli(['reconcile', '--help']);
      expect(code).toBe(0);
      for (const word of ['undo', 'list', 'show', '--dry-run', '--resume', '--csv', 'Exit code 0']) {
        expect(out).toContain(word);
      }
    },
    PATIENCE_MS,
  );
});
