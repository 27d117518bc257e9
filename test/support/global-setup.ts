/** Once a run: find or start the real services and hand their addresses to the test files; compile our program for all. */

import type { TestProject } from 'vitest/node';
import { warmCompileCache } from './compile-cache.ts';
import { type Discovery, discover } from './services/discover.ts';

declare module 'vitest' {
  interface ProvidedContext {
    services: Discovery;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 24) {
    // vitest takes the first node on the PATH, and the processes that tests start would be of that kind too
    throw new Error(`the tests need Node 24, this is ${process.version}: run them with "npm test"`);
  }
  const [{ found, stop }] = await Promise.all([discover(process.env), warmCompileCache()]);
  project.provide('services', found);
  return stop;
}
