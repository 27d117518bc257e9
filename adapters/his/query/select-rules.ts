/**
 * What a SELECT of the configuration must be: one statement that reads, takes no lock and calls nothing that acts. The account's
 * grants are the wall; this is what keeps a slip of the pen, or a text from somewhere, from ever reaching it.
 */

import type { Token } from './scan.ts';
import type { Statement } from './statement.ts';

/** Each as a word of its own, not a column behind a dot and not within quotes. */
const ACTS = new Set(
  [
    'insert update delete replace merge upsert truncate create alter drop rename grant revoke deny',
    'call exec execute do declare begin commit rollback savepoint start set use go handler load import copy',
    'into outfile dumpfile lock unlock share nowait skip waitfor kill shutdown backup restore dbcc bulk',
    'reconfigure prepare deallocate listen notify unlisten vacuum analyze cluster reindex refresh discard',
    'updlock xlock tablock tablockx paglock rowlock holdlock serializable readcommittedlock repeatableread',
    'openrowset openquery opendatasource openxml procedure',
  ]
    .join(' ')
    .split(' '),
);

/** Words that are harmless as the function of that name. */
const ALSO_FUNCTIONS = new Set(['replace', 'insert']);

/** Functions that act, wait or read files. */
const ACTING_FUNCTION =
  /^(pg_|lo_|dblink|xp_|sp_|sys_exec|sys_eval)|^(sleep|benchmark|get_lock|release_lock|is_free_lock|is_used_lock|load_file|nextval|setval|set_config|query_to_xml|table_to_xml|database_to_xml|schema_to_xml|cursor_to_xml|xmlparse|txid_current|last_insert_id|master_pos_wait|master_gtid_wait)$/;

export interface ParameterRule {
  may: readonly string[];
  /** At least one of these groups must be there whole. */
  must: readonly (readonly string[])[];
}

/** Every reason why the statement is not accepted; each a sentence. */
export function selectFaults({ tokens, parameters }: Statement, rule: ParameterRule): string[] {
  const faults: string[] = [];
  if (!['select', 'with'].includes(wordOf(tokens[0]))) faults.push('expected one SELECT (or WITH … SELECT)');
  const acting = new Set<string>();
  tokens.forEach((token, i) => {
    const word = wordOf(token);
    if (word === '' || tokens[i - 1]?.text === '.') return;
    const isCalled = tokens[i + 1]?.kind === 'sign' && tokens[i + 1]?.text === '(';
    const acts = isCalled && ALSO_FUNCTIONS.has(word) ? false : ACTS.has(word);
    if (acts || (isCalled && ACTING_FUNCTION.test(word))) acting.add(word);
  });
  for (const word of acting) {
    faults.push(
      `"${word}" has no place in a text that only reads; if it is the name of a column, put it in quotes`,
    );
  }
  return [...faults, ...parameterFaults(parameters, rule)];
}

export function parameterFaults(parameters: ReadonlySet<string>, { may, must }: ParameterRule): string[] {
  const faults: string[] = [];
  for (const name of parameters) {
    const isKnown = may.includes(name) || (may.includes('key_…') && name.startsWith('key_'));
    if (!isKnown) faults.push(`:${name} is not known here: expected ${list(may)}`);
  }
  if (must.length > 0 && !must.some((group) => group.every((name) => parameters.has(name)))) {
    faults.push(`expected ${must.map((group) => list(group, ' and ')).join(', or ')} in it`);
  }
  return faults;
}

function list(names: readonly string[], and = ', '): string {
  return names.map((name) => `:${name}`).join(and);
}

/** Lower case; empty for anything but a bare word. */
function wordOf(token: Token | undefined): string {
  return token?.kind === 'word' ? token.text.toLowerCase() : '';
}
