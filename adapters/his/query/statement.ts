/**
 * One SQL text of the configuration with its `:parameters`. The text goes to the engine as it stands, without its comments;
 * each parameter becomes the engine's own mark and its value travels apart. Nothing is ever put into the text.
 */

import type { CompiledSql } from '../sql/dialect.ts';
import { type Engine, ScanError, scan, type Token } from './scan.ts';

/** Values are texts, as the HIS would write them, or null. */
export type Values = Readonly<Record<string, string | null>>;

export class Statement {
  /** As the configuration names it: `visits`. */
  readonly name: string;
  readonly tokens: readonly Token[];
  /** Names of its parameters, each once. `key_…` in lower case, as columns are. */
  readonly parameters: ReadonlySet<string>;
  readonly #sql: string;
  readonly #order: readonly string[];

  /** Throws ScanError. */
  constructor(name: string, text: string, engine: Engine) {
    this.name = name;
    this.tokens = scan(text, engine).map(keyInLowerCase);
    if (this.tokens.length === 0) throw new ScanError('it is empty');
    this.#order = this.tokens.flatMap((token) => (token.kind === 'parameter' ? [token.text] : []));
    this.parameters = new Set(this.#order);
    this.#sql = put(this.tokens, text, engine);
  }

  /** The statement as a table `q` of another one, which `write` puts around it. */
  within(values: Values, write: (text: string) => string): CompiledSql {
    const { sql, parameters } = this.bind(values);
    return { sql: write(`(${sql}) q`), parameters };
  }

  /** Throws a plain Error when a value is missing: a fault of ours. */
  bind(values: Values): CompiledSql {
    const parameters = this.#order.map((name) => {
      const value = values[name];
      if (value === undefined) throw new Error(`${this.name}: no value for :${name}`);
      return value;
    });
    return { sql: this.#sql, parameters };
  }
}

function keyInLowerCase(token: Token): Token {
  const isKey = token.kind === 'parameter' && /^key_/i.test(token.text);
  return isKey ? { ...token, text: token.text.toLowerCase() } : token;
}

function put(tokens: readonly Token[], text: string, engine: Engine): string {
  let marks = 0;
  let end = tokens[0]?.from ?? 0;
  return tokens
    .map((token) => {
      // between two words stand blanks or comments; of these one blank is left
      const gap = token.from === end ? '' : ' ';
      end = token.to;
      const itself = token.kind === 'parameter' ? mark(engine, ++marks) : text.slice(token.from, token.to);
      return `${gap}${itself}`;
    })
    .join('');
}

function mark(engine: Engine, n: number): string {
  return { mysql: '?', postgres: `$${n}`, mssql: `@${n}` }[engine];
}
