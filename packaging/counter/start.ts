/**
 * The program of the packages, `authen-bridge-reader`: reads the counter's settings and starts the reader with them, by
 * the launcher that the bridge has too. Ends with 78 where settings are missing: starting again would not help.
 */

import { join } from 'node:path';
import { loadEnvFile } from 'node:process';
import { plan } from './options.ts';

/** EX_CONFIG of sysexits.h; the unit's RestartPreventExitStatus. */
const NOT_SET_UP = 78;

const NAME = 'authen-bridge-reader';
const { env, platform } = process;
const windowsFolder = join(env.ProgramData ?? 'C:\\ProgramData', NAME);
const settings =
  env.AUTHEN_BRIDGE_READER_SETTINGS ??
  (platform === 'win32' ? join(windowsFolder, 'reader.env') : `/etc/${NAME}/reader.env`);
// the first is systemd's word for StateDirectory
const data = env.STATE_DIRECTORY ?? (platform === 'win32' ? windowsFolder : `/var/lib/${NAME}`);

// what Node has stripped of types and compiled: a folder that cannot be written to is no error
env.NODE_COMPILE_CACHE ??= platform === 'win32' ? join(data, 'cache') : `/var/cache/${NAME}`;

const words = process.argv.slice(2);
const spool = join(data, 'spool');
let planned = plan(words, env, spool);
if ('missing' in planned) {
  readSettings();
  planned = plan(words, env, spool);
}
if ('missing' in planned) {
  console.error(`${NAME}: ยังไม่ได้ตั้งค่า · not set up yet. These settings have no value in ${settings}:`);
  for (const line of planned.missing) console.error(`  ${line}`);
  process.exit(NOT_SET_UP);
}
process.argv.splice(2, Number.POSITIVE_INFINITY, ...planned.args);
await import(new URL('../../src/launch.mjs', import.meta.url).href);

/** What the environment says already stands: systemd has read the same file, as root. */
function readSettings(): void {
  try {
    loadEnvFile(settings);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // without a file each missing setting is named; a file that is closed to this user is another matter
    if (code === 'ENOENT') return;
    console.error(`${NAME}: ${settings} cannot be read (${code}): run this as an administrator (sudo).`);
    process.exit(NOT_SET_UP);
  }
}
