/**
 * A Debian for tests to install packages on: this machine's own files under a layer that is thrown away, with a real
 * systemd that starts units as they are written. Needs root and the kernel's overlay file system.
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { keepOutput } from '../../support/output.ts';

const GROUPS = '/sys/fs/cgroup/systemd';
const BOOT_MS = 120_000;

export interface Done {
  code: number;
  /** Standard output and error, as they came. */
  out: string;
}

/** Why there can be none here, or null. */
export function whyNoMachine(): string | null {
  if (process.platform !== 'linux') return 'it is not Linux';
  if (process.getuid?.() !== 0) return 'it takes root';
  if (!/\boverlay$/m.test(readFileSync('/proc/filesystems', 'utf8'))) return 'the kernel has no overlay';
  const needed = ['unshare', 'nsenter', 'dpkg', 'setpriv', 'systemd-sysusers', 'journalctl', 'pcscd'];
  const lacking = needed.filter((program) => !has(program));
  if (lacking.length > 0) return `Debian's ${lacking.join(', ')} not found`;
  return has('/usr/lib/systemd/systemd') ? null : "Debian's systemd is not installed";
}

function has(program: string): boolean {
  try {
    execFileSync('/bin/sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    return true;
  } catch {
    // the shell's answer: no
    return false;
  }
}

export class DebianMachine {
  readonly #unshare: ChildProcess;
  readonly #folder: string;
  readonly #group: string;
  /** Of its systemd, as this machine counts. */
  #pid = 0;

  private constructor(unshare: ChildProcess, folder: string, group: string) {
    this.#unshare = unshare;
    this.#folder = folder;
    this.#group = group;
  }

  static async boot(): Promise<DebianMachine> {
    const folder = mkdtempSync(join(tmpdir(), 'authen-bridge-machine-'));
    const group = join(GROUPS, basename(folder));
    mkdirSync(group);
    // its systemd sees this group as the root of all; it goes with this process, however that ends
    const enter = `echo $$ > ${join(group, 'cgroup.procs')} && exec setpriv --pdeathsig KILL "$@"`;
    const own = ['--mount', '--pid', '--cgroup', '--uts', '--ipc', '--fork', '--kill-child=SIGKILL'];
    const unshare = spawn(
      '/bin/sh',
      ['-c', enter, 'sh', 'unshare', ...own, '/bin/sh', join(import.meta.dirname, 'boot.sh'), folder],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let said = '';
    for (const stream of [unshare.stdout, unshare.stderr]) {
      stream?.on('data', (chunk) => {
        said += String(chunk);
      });
    }
    const machine = new DebianMachine(unshare, folder, group);
    for (const end = Date.now() + BOOT_MS; ; await sleep(100)) {
      if (unshare.exitCode !== null || Date.now() > end) {
        await machine.close();
        throw new Error(`the machine does not start: ${said.trim() || 'no word of it'}`);
      }
      if (await machine.#isUp()) return machine;
    }
  }

  async #isUp(): Promise<boolean> {
    const { pid } = this.#unshare;
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    this.#pid = Number(children[0] ?? 0);
    if (this.#pid === 0 || !readFileSync(`/proc/${this.#pid}/comm`, 'utf8').startsWith('systemd'))
      return false;
    const { out } = await this.run('systemctl', 'is-active', 'basic.target', 'systemd-journald.service');
    return out === 'active\nactive\n';
  }

  /** Runs a program in it as root, and gives its exit code and all that it printed. */
  async run(program: string, ...args: string[]): Promise<Done> {
    const enter = ['-t', String(this.#pid), '-m', '-u', '-i', '-p', '-C', '-r', '-w'];
    const child = spawn('nsenter', [...enter, '--', program, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8', DEBIAN_FRONTEND: 'noninteractive' },
    });
    let out = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        out += chunk.toString();
        keepOutput('debian', chunk);
      });
    }
    const [code] = (await once(child, 'close')) as [number | null];
    return { code: code ?? -1, out };
  }

  /** As `run`; fails unless it ends with 0. */
  async must(program: string, ...args: string[]): Promise<string> {
    const { code, out } = await this.run(program, ...args);
    if (code !== 0) throw new Error(`${[program, ...args].join(' ')} ended with ${code}:\n${out}`);
    return out;
  }

  /** A property of a unit, as systemd tells it. */
  async property(unit: string, name: string): Promise<string> {
    return (await this.must('systemctl', 'show', '--value', '-p', name, unit)).trim();
  }

  /** Puts a file of this machine there. */
  give(file: string, path: string): void {
    copyFileSync(file, join(`/proc/${this.#pid}/root`, path));
  }

  /** Writes into a file that is there, so that owner and rights stay. */
  write(path: string, text: string): void {
    writeFileSync(join(`/proc/${this.#pid}/root`, path), text);
  }

  async close(): Promise<void> {
    if (this.#unshare.exitCode === null && this.#unshare.signalCode === null) {
      this.#unshare.kill('SIGKILL');
      await once(this.#unshare, 'close');
    }
    await removeGroup(this.#group);
    rmdirSync(this.#folder);
  }
}

/** A group goes when its last process has gone, which takes a moment. */
async function removeGroup(group: string): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    try {
      const inner = readdirSync(group, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => join(entry.parentPath, entry.name))
        .sort((a, b) => b.length - a.length);
      for (const path of [...inner, group]) rmdirSync(path);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EBUSY' || tries > 100) throw error;
      await sleep(50);
    }
  }
}
