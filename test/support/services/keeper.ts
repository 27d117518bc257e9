/** `node keeper.ts <service…>`: starts them, prints one line of JSON, and holds them until its stdin closes. */

import type { Found } from './keep.ts';
import { SERVICE_NAMES } from './probe.ts';
import { type Started, startFromPath } from './start.ts';

const wanted = SERVICE_NAMES.filter((name) => process.argv.includes(name));
const started: Started[] = [];
const orphaned = new Promise<void>((resolve) => {
  process.stdin.once('close', resolve).resume();
});

const found = await Promise.all(
  wanted.map(async (name): Promise<[string, Found]> => {
    try {
      const service = await startFromPath(name);
      started.push(service);
      return [name, { url: service.url, problem: null }];
    } catch (error) {
      return [name, { url: null, problem: error instanceof Error ? error.message : String(error) }];
    }
  }),
);
// Whoever asked may be gone by now; then the line goes nowhere, and the servers are ended below all the same.
process.stdout.on('error', () => process.stdin.destroy());
process.stdout.write(`${JSON.stringify(Object.fromEntries(found))}\n`);

await orphaned;
await Promise.all(started.map((service) => service.stop()));
process.exit(0);
