import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { LongFirst } from './test/support/long-first.ts';

/**
 * Files that change what a process is (its clock, its environment, its memory, what it is connected to), that start many others, or
 * that take another file's tests into theirs: each has a process of its own.
 */
const OWN_PROCESS = [
  'test/adapters/nhso/line/**/*.test.ts',
  'test/adapters/reader/**/*.test.ts',
  'test/commands/**/*.test.ts',
  'test/e2e/**/*.test.ts',
  'test/faults/**/*.test.ts',
  'test/packaging/**/*.test.ts',
  'test/queues/**/*.test.ts',
  'test/support/**/*.test.ts',
];

const SAME: Partial<TestProjectInlineConfiguration['test']> = {
  environment: 'node',
  execArgv: ['--liftoff-only'], // as src/launch.mjs starts the bridge
  pool: 'forks', // real processes: better-sqlite3 and signals behave as they do in production
  testTimeout: 30_000,
  hookTimeout: 120_000, // servers are started and whole programs removed: on a busy disk that takes its time
  // what is waited for comes in a moment; on a busy machine in a few
  expect: { poll: { timeout: 20_000 } },
  // most of the time is waiting: for a time-out, a lock, a server that starts; six of them keep two processors at work
  maxWorkers: 6,
};

export default defineConfig({
  test: {
    globalSetup: ['test/support/global-setup.ts'],
    sequence: { sequencer: LongFirst },
    teardownTimeout: 15_000,
    projects: [
      { test: { ...SAME, name: 'own-process', include: OWN_PROCESS } },
      {
        test: {
          ...SAME,
          name: 'shared-process',
          include: ['test/**/*.test.ts'],
          exclude: OWN_PROCESS,
          // to load our program anew for each of some 200 files took two fifths of their processor time
          isolate: false,
        },
      },
    ],
  },
});
