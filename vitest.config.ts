import { defineConfig } from 'vitest/config';
import { LongFirst } from './test/support/long-first.ts';

export default defineConfig({
  test: {
    environment: 'node',
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    execArgv: ['--liftoff-only'], // as src/launch.mjs starts the bridge
    pool: 'forks', // real processes: better-sqlite3 and signals behave as they do in production
    // most of the time is waiting: for a time-out, a lock, a server that starts; six of them keep two processors at work
    maxWorkers: 6,
    sequence: { sequencer: LongFirst },
    testTimeout: 30_000,
    hookTimeout: 30_000,
    teardownTimeout: 15_000,
  },
});
