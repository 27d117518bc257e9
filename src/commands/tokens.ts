/** `npm run tokens`: which tokens there are and what to do about those that do not work; the key under which they rest. */

import { existsSync } from 'node:fs';
import { type Command, createCommand } from 'commander';
import { openLedger } from '../../db/open-ledger.ts';
import { type Config, loadConfig } from '../config.ts';
import type { Ledger } from '../service/ports/ledger.ts';
import { CONFIG_OPTION } from './options.ts';
import { asJson, asText } from './tokens/print.ts';
import { rotateKey } from './tokens/rotate-key.ts';
import { viewTokens } from './tokens/view.ts';

const HELP = `
Without a subcommand it lists every token of every site and kind: where it comes from, whose it is
(masked), when it was made, when it dies, when it was last used, whether it works, and what to do
when it does not. A token itself is never shown. The list is what the ledger holds: the bridge
takes new tokens in by itself, within seconds, while it runs.

Tokens rest encrypted in the ledger, under the key in secrets.keyFile (or secrets.key). The key is
in no backup of the ledger: keep a copy of it elsewhere. Run this as the bridge's own user.
`;

const ROTATE_HELP = `
Makes a new key, puts it first in secrets.keyFile, seals all tokens and photos anew, and only then removes the
old keys from the file. Bridges on this machine may run meanwhile: they read the file again by
themselves. Cut short at any moment, nothing is lost: run it again.

Tokens in backups of the ledger from before cannot be opened any more; "forget" removes those after
such a backup was restored, and the tokens are had anew from where they come.

Where the key comes from secrets.key (the environment), or bridges on several machines each have a
copy of the file, the new key must be everywhere before it is used; the command says how, or:
  1. put the new key on the line before the old one, everywhere (secrets.key: and restart);
  2. npm run tokens -- reseal
  3. remove the old key everywhere.
`;

const RESEAL_HELP = `
For keys that are changed by hand: the new key stands before the old one by now, in secrets.key or in
each machine's secrets.keyFile. Afterwards nothing needs the old key any more.
`;

const FORGET_HELP = `
For a key that is lost, or a ledger from a backup whose key was rotated away since: tokens that cannot
be opened are removed, what can be opened stays. The bridge then takes them anew from where they come;
where that is a person's log-in, somebody must log in once more. Photos of faces and cards that cannot
be opened are given up as well: nobody has them again.
`;

interface Options {
  config: string;
}

export function tokensCommand(): Command {
  const tokens = createCommand('tokens')
    .description('lists the tokens, never their values; changes the key under which they rest')
    .enablePositionalOptions()
    .option(...CONFIG_OPTION)
    .option('--json', 'print the list as JSON', false)
    .addHelpText('after', HELP)
    .action(async ({ config: file, json }: Options & { json: boolean }) => {
      const config = loadConfig(file, process.env);
      const stored = isThere(config) ? await withLedger(config, (ledger) => ledger.tokens.list()) : [];
      const now = Date.now();
      const views = viewTokens(config, stored, now);
      console.log(json ? asJson(views) : asText(views, now));
    });
  tokens
    .command('rotate-key')
    .description('a new key in the place of the old one, while bridges run')
    .option(...CONFIG_OPTION)
    .addHelpText('after', ROTATE_HELP)
    .action(({ config: file }: Options) =>
      withLedger(loadConfig(file, process.env), (ledger, { secrets }) =>
        rotateKey(ledger, secrets, (line) => console.log(line)),
      ),
    );
  tokens
    .command('reseal')
    .description('seals every token anew under the newest key')
    .option(...CONFIG_OPTION)
    .addHelpText('after', RESEAL_HELP)
    .action(({ config: file }: Options) =>
      withLedger(loadConfig(file, process.env), async (ledger) => {
        const count = await ledger.tokens.reseal();
        console.log(`${count} sealed anew; everything is under the newest key, no other is needed any more.`);
      }),
    );
  tokens
    .command('forget')
    .description('removes what no key opens')
    .option(...CONFIG_OPTION)
    .addHelpText('after', FORGET_HELP)
    .action(({ config: file }: Options) =>
      withLedger(loadConfig(file, process.env), async (ledger) => {
        const count = await ledger.tokens.forget();
        console.log(count === 0 ? 'Everything opens; nothing was removed.' : `${count} removed.`);
      }),
    );
  return tokens;
}

/** One that is made now, by whoever looks, would belong to him and not to the bridge. */
function isThere({ store }: Config): boolean {
  return !store.startsWith('sqlite:') || existsSync(store.slice('sqlite:'.length));
}

async function withLedger<T>(
  config: Config,
  work: (ledger: Ledger, config: Config) => Promise<T>,
): Promise<T> {
  const ledger = await openLedger(config.store, { secrets: config.secrets });
  try {
    await ledger.migrate();
    return await work(ledger, config);
  } finally {
    await ledger.close();
  }
}
