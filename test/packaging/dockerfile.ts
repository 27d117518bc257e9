/** Reads a Dockerfile and takes its steps in a plain folder: the nearest to an image without a Docker engine. */

import { execFile } from 'node:child_process';
import { cp, mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

interface Instruction {
  word: string;
  rest: string;
}

interface Stage {
  name: string;
  base: string;
  instructions: Instruction[];
}

/** The final stage as it would run, with its files under `root`. */
export interface Image {
  root: string;
  base: string;
  workdir: string;
  env: Record<string, string>;
  user: string;
  volumes: string[];
  stopSignal: string;
  command: string[];
  healthCheck: string[];
}

export function parseDockerfile(text: string): Stage[] {
  const stages: Stage[] = [];
  const logical = text
    .replace(/^\s*#.*\n/gm, '')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '');
  for (const line of logical) {
    const [, word = '', rest = ''] = /^(\w+)\s+(.*)$/.exec(line.trim()) ?? [];
    if (word === 'FROM') {
      const [base = '', , name = String(stages.length)] = rest.split(/\s+/);
      stages.push({ name, base, instructions: [] });
    } else {
      const stage = stages.at(-1);
      if (stage === undefined) throw new Error(`"${line}" stands before the first FROM`);
      stage.instructions.push({ word, rest });
    }
  }
  return stages;
}

/**
 * Builds every stage under `target` from the files in `context`. Commands run with `env` and their stage's folder in
 * the place of `/`. Throws on an instruction that it does not know, so that no step is left out unseen.
 */
export async function buildImage(
  stages: readonly Stage[],
  context: string,
  target: string,
  env: NodeJS.ProcessEnv,
): Promise<Image> {
  const roots = new Map<string, string>();
  let image: Image | undefined;
  for (const stage of stages) {
    const root = join(target, stage.name);
    await mkdir(root, { recursive: true });
    roots.set(stage.name, root);
    image = emptyImage(root, stage.base);
    for (const instruction of stage.instructions) await step(instruction, image, { context, roots, env });
  }
  if (image === undefined) throw new Error('no FROM');
  return image;
}

function emptyImage(root: string, base: string): Image {
  return {
    ...{ root, base, workdir: '/', env: {}, user: 'root', volumes: [] },
    ...{ stopSignal: 'SIGTERM', command: [], healthCheck: [] },
  };
}

interface Surroundings {
  context: string;
  roots: ReadonlyMap<string, string>;
  env: NodeJS.ProcessEnv;
}

async function step({ word, rest }: Instruction, image: Image, around: Surroundings): Promise<void> {
  switch (word) {
    case 'WORKDIR':
      image.workdir = rest;
      await mkdir(join(image.root, rest), { recursive: true });
      return;
    case 'COPY':
      return copy(rest, image, around);
    case 'RUN':
      return runStep(rest, image, around);
    case 'ENV': {
      const [, key = '', value = ''] = /^(\w+)=(.*)$/.exec(rest) ?? [];
      image.env[key] = value;
      return;
    }
    case 'USER':
      image.user = rest;
      return;
    case 'VOLUME':
      image.volumes.push(rest);
      return;
    case 'STOPSIGNAL':
      image.stopSignal = rest;
      return;
    case 'CMD':
      image.command = JSON.parse(rest) as string[];
      return;
    case 'HEALTHCHECK':
      image.healthCheck = JSON.parse(rest.slice(rest.indexOf('['))) as string[];
      return;
    case 'EXPOSE':
      return;
    default:
      throw new Error(`the test does not know the instruction ${word}`);
  }
}

async function copy(rest: string, image: Image, { context, roots }: Surroundings): Promise<void> {
  const words = rest.split(/\s+/);
  const stageName = words[0]?.startsWith('--from=') ? words.shift()?.slice('--from='.length) : undefined;
  const from = stageName === undefined ? context : roots.get(stageName);
  const to = words.pop();
  if (from === undefined || to === undefined)
    throw new Error(`COPY ${rest}: no such stage, or nothing to copy to`);
  for (const source of words) {
    const goal = to.endsWith('/') ? join(to, basename(source)) : to;
    const absolute = goal.startsWith('/') ? goal : join(image.workdir, goal);
    await cp(join(from, source), join(image.root, absolute), { recursive: true, verbatimSymlinks: true });
  }
}

async function runStep(rest: string, image: Image, { env }: Surroundings): Promise<void> {
  const [program = '', ...args] = rest.split(/\s+/);
  if (program === 'npm') {
    await run(program, args, { cwd: join(image.root, image.workdir), env, timeout: 180_000 });
  } else if (program === 'install' && args[0] === '-d') {
    // the owner is of the image's own users; the folder counts
    await mkdir(join(image.root, args.at(-1) ?? ''), { recursive: true });
  } else if (program === 'node') {
    await run(process.execPath, args, { cwd: join(image.root, image.workdir), env, timeout: 60_000 });
  } else {
    throw new Error(`the test does not know how to take the step RUN ${rest}`);
  }
}
