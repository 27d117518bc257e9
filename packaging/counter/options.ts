/**
 * From the settings of a counter to the options of `reader`. Pure: the settings are the environment, whether systemd has
 * put them there or the launcher has read them from their file.
 */

export type Settings = Readonly<Record<string, string | undefined>>;

export type Plan =
  /** What to give to the command line. */
  | { args: string[] }
  /** Names of settings that have no value, and what each is. */
  | { missing: string[] };

const NEEDED = {
  AUTHEN_BRIDGE_KEY: 'the key of this station, as "npm run key -- create" showed it at the bridge',
  AUTHEN_BRIDGE_STATION: 'this counter, as the configuration of the bridge names it (counter-1)',
  AUTHEN_BRIDGE_URL: 'the address of the bridge (https://bridge.hospital.local)',
} as const;

/** By setting: the option that says the same. The key has none: it stays in the environment, where nobody sees it. */
const OPTIONS = {
  AUTHEN_BRIDGE_STATION: '--station',
  AUTHEN_BRIDGE_URL: '--bridge',
  AUTHEN_BRIDGE_AGENT_URL: '--agent',
  AUTHEN_BRIDGE_HCODE: '--hcode',
} as const;

/**
 * `words` are what the person typed after the program's name; none = the worker itself, as the service runs it. `spool` is
 * the folder where reads wait.
 */
export function plan(words: readonly string[], settings: Settings, spool: string): Plan {
  const [first] = words;
  if (first === 'help' || words.includes('--help') || words.includes('-h'))
    return { args: ['reader', '--help'] };
  const more = value(settings, 'AUTHEN_BRIDGE_READER_OPTIONS')
    .split(/\s+/)
    .filter((word) => word !== '');
  // asking how the worker does needs no key
  if (first === 'status')
    return { args: ['reader', 'status', '--spool', spool, ...spoolIn(more), ...words.slice(1)] };
  const missing = Object.entries(NEEDED)
    .filter(([name]) => value(settings, name) === '')
    .map(([name, what]) => `${name}: ${what}`);
  if (missing.length > 0) return { missing };
  const own = Object.entries(OPTIONS).flatMap(([name, option]) => {
    const said = value(settings, name);
    // a counter may know more than one bridge of a hospital
    const all = name === 'AUTHEN_BRIDGE_URL' ? said.split(/\s+/) : [said];
    return all.filter((part) => part !== '').flatMap((part) => [option, part]);
  });
  // what is typed comes last: it holds
  return { args: ['reader', '--spool', spool, ...own, ...more, ...words] };
}

/** The worker's own spool is where its state is, wherever the settings have put it. */
function spoolIn(options: readonly string[]): string[] {
  return options.filter(
    (word, i) => word === '--spool' || word.startsWith('--spool=') || options[i - 1] === '--spool',
  );
}

function value(settings: Settings, name: string): string {
  return (settings[name] ?? '').trim();
}
