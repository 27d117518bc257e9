import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { programEnv } from '../../support/program-env.ts';
import { newSite } from './changes.ts';
import type { MakeStore, TestStore } from './store.ts';

const WRITER = fileURLToPath(new URL('./writer.ts', import.meta.url));

export function killContract(make: MakeStore): void {
  describe('several processes', () => {
    let store: TestStore;
    const children: ChildProcess[] = [];
    beforeAll(async () => {
      store = await make();
      await store.open();
    });
    afterAll(async () => {
      for (const child of children) child.kill('SIGKILL');
      await store.drop();
    });

    /** Starts a writer; `told` collects the newest version that it was answered, by visit number. */
    function startWriter(hcode: string, commits: number) {
      const child = spawn(process.execPath, [WRITER, store.store, hcode, String(commits)], {
        env: programEnv(),
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      children.push(child);
      const told = new Map<string, number>();
      let lines = 0;
      let rest = '';
      let faults = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        const parts = (rest + text).split('\n');
        rest = parts.pop() ?? '';
        for (const [vn = '', version = '0'] of parts.map((p) => p.split(' '))) told.set(vn, Number(version));
        lines += parts.length;
      });
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        faults += text;
      });
      const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
      return { child, told, ended, lines: () => lines, faults: () => faults };
    }

    /** A server may still do what a killed process had sent it; looked at meanwhile, the tables tell of two moments. */
    async function atRest(hcode: string): Promise<void> {
      const lines = async () =>
        (
          await store.sql<{ n: number | string }>(
            `select count(*) as n from history where hcode = '${hcode}'`,
          )
        )[0]?.n;
      for (let before = await lines(), now: typeof before; ; before = now) {
        await new Promise((resolve) => setTimeout(resolve, 250));
        now = await lines();
        if (now === before) return;
      }
    }

    /** Every version of a case has its line of history and its step in the outbox, once. */
    async function expectWhole(hcode: string): Promise<Map<string, number>> {
      const cases = await store.sql<{ vn: string; version: number | string; step_seq: number | string }>(
        `select vn, version, step_seq from visit_case where hcode = '${hcode}'`,
      );
      for (const { vn, version, step_seq } of cases) {
        const where = `where hcode = '${hcode}' and vn = '${vn}'`;
        const upTo = Array.from({ length: Number(version) }, (_, i) => i + 1);
        const history = await store.sql<{ version: number | string }>(
          `select version from history ${where} order by seq`,
        );
        expect(history.map((h) => Number(h.version))).toEqual(upTo);
        const outbox = await store.sql<{ step_seq: number | string }>(
          `select step_seq from outbox ${where} order by id`,
        );
        expect(outbox.map((o) => Number(o.step_seq))).toEqual(upTo);
        expect(Number(step_seq)).toBe(Number(version));
      }
      return new Map(cases.map((c) => [c.vn, Number(c.version)]));
    }

    test('killed in the middle of its commits, nothing that was answered is lost, nothing is half', async () => {
      const hcode = newSite();
      for (let round = 1; round <= 3; round++) {
        const writer = startWriter(hcode, 1_000_000);
        while (writer.lines() < 40 * round) await new Promise((resolve) => setTimeout(resolve, 5));
        writer.child.kill('SIGKILL');
        await writer.ended;
        expect(writer.faults()).toBe('');
        await atRest(hcode);
        const versions = await expectWhole(hcode);
        for (const [vn, version] of writer.told) expect(versions.get(vn)).toBeGreaterThanOrEqual(version);
      }
    });

    test('two processes on the same cases: every commit counts once', async () => {
      const hcode = newSite();
      const writers = [startWriter(hcode, 15), startWriter(hcode, 15)];
      expect(await Promise.all(writers.map((w) => w.ended))).toEqual([0, 0]);
      const versions = await expectWhole(hcode);
      expect([...versions.values()]).toEqual(Array(8).fill(30));
    });
  });
}
