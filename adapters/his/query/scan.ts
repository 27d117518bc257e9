/**
 * The words of an SQL text: enough of each engine's rules to know what is a word, a quoted name, a text, a number, a sign and a
 * `:parameter`. Whatever could be read in two ways is refused with a reason, so that what is judged here is what the
 * engine runs: no backslash and no NUL within quotes, no `$tag$`, no comment that an engine would execute, one statement.
 */

export type Engine = 'mysql' | 'postgres' | 'mssql';

export interface Token {
  /** `name`: a quoted identifier. `text`: a literal. Both without their quotes. */
  kind: 'word' | 'name' | 'text' | 'number' | 'sign' | 'parameter';
  text: string;
  from: number;
  to: number;
}

/** Why a text is not accepted; a sentence for a person, without the text itself. */
export class ScanError extends Error {}

const WORD = /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y;
const NUMBER = /\d+(?:\.\d+)?/y;
const PARAMETER = /:([A-Za-z_]\w*)/y;
const SIGN = /<=>|::|<=|>=|<>|!=|\|\||&&|[-+*/%=<>(),.!|&~^[\]]/y;
/** Tab, line feed and carriage return are the only ones that have a place in a statement. */
const CONTROL = /[^\P{Cc}\t\n\r]/u;

/** Characters outside of quotes that would shift the bound values, name a variable, or begin what cannot be judged. */
const REFUSED: Readonly<Record<Engine, RegExp>> = {
  mysql: /[?@${}\\]/,
  postgres: /[${}\\?@#]/,
  mssql: /[?@${}\\#]/,
};

export function scan(text: string, engine: Engine): Token[] {
  const control = CONTROL.exec(text);
  if (control !== null) throw new ScanError(`a control character stands at ${place(text, control.index)}`);
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const comment = commentEnd(text, at, engine);
    if (comment !== null) {
      at = comment;
      continue;
    }
    const char = text[at] as string;
    if (/\s/.test(char)) {
      at++;
      continue;
    }
    if (char === ';') {
      if (restHolds(text, at + 1, engine)) throw new ScanError('more than one statement');
      break;
    }
    const token = quoted(text, at, engine) ?? plain(text, at, engine);
    tokens.push(token);
    at = token.to;
  }
  return tokens;
}

function plain(text: string, at: number, engine: Engine): Token {
  const take = (expression: RegExp, kind: Token['kind'], group = 0): Token | null => {
    expression.lastIndex = at;
    const found = text.match(expression);
    return found === null ? null : { kind, text: found[group] as string, from: at, to: expression.lastIndex };
  };
  const char = text[at] as string;
  if (REFUSED[engine].test(char)) throw new ScanError(`"${char}" outside of quotes at ${place(text, at)}`);
  const found =
    take(WORD, 'word') ?? take(NUMBER, 'number') ?? take(PARAMETER, 'parameter', 1) ?? take(SIGN, 'sign');
  if (found === null) throw new ScanError(`"${char}" is not understood at ${place(text, at)}`);
  if (found.kind === 'number' && /[\w\u0080-\uffff]/.test(text[found.to] ?? '')) {
    throw new ScanError(`a word begins with a digit at ${place(text, at)}`);
  }
  return found;
}

/** A literal or a quoted name; the closing quote written twice stands for itself. */
function quoted(text: string, at: number, engine: Engine): Token | null {
  const open = text[at] as string;
  const isBracket = open === '[' && engine === 'mssql';
  const isBacktick = open === '`' && engine === 'mysql';
  if (open !== "'" && open !== '"' && !isBracket && !isBacktick) return null;
  const close = isBracket ? ']' : open;
  let content = '';
  let i = at + 1;
  for (; ; i++) {
    const char = text[i];
    if (char === undefined) throw new ScanError(`a quote is not closed that opens at ${place(text, at)}`);
    // engines and their settings differ in what a backslash means
    if (char === '\\') throw new ScanError(`a backslash within quotes at ${place(text, i)}`);
    if (char !== close) content += char;
    else if (text[i + 1] === close) content += text[i++];
    else break;
  }
  // MariaDB and MySQL take double quotes for a text, unless they are told otherwise; the bridge's session is not
  const isText = open === "'" || (open === '"' && engine === 'mysql');
  return { kind: isText ? 'text' : 'name', text: content, from: at, to: i + 1 };
}

/** Where a comment ends that begins here; null where none does. */
function commentEnd(text: string, at: number, engine: Engine): number | null {
  const rest = text.slice(at, at + 3);
  if (rest.startsWith('--')) {
    if (engine === 'mysql' && !/^(--\s|--$)/.test(rest)) {
      throw new ScanError(`"--" without a blank behind it at ${place(text, at)}`);
    }
    return lineEnd(text, at);
  }
  if (rest.startsWith('#') && engine === 'mysql') return lineEnd(text, at);
  if (!rest.startsWith('/*')) return null;
  // MySQL and MariaDB run what stands in these
  if (/^\/\*[!M+]/.test(rest)) throw new ScanError(`a comment with orders in it at ${place(text, at)}`);
  const end = text.indexOf('*/', at + 2);
  if (end === -1) throw new ScanError(`a comment is not closed that opens at ${place(text, at)}`);
  // some engines count how deep they are, some do not
  if (text.slice(at + 2, end).includes('/*'))
    throw new ScanError(`a comment within a comment at ${place(text, at)}`);
  return end + 2;
}

function lineEnd(text: string, at: number): number {
  const end = text.slice(at).search(/[\r\n]/);
  return end === -1 ? text.length : at + end;
}

function restHolds(text: string, at: number, engine: Engine): boolean {
  for (let i = at; i < text.length; i++) {
    const comment = commentEnd(text, i, engine);
    if (comment !== null) i = comment - 1;
    else if (!/[\s;]/.test(text[i] as string)) return true;
  }
  return false;
}

/** `line 2, column 5` */
function place(text: string, at: number): string {
  const before = text.slice(0, at).split('\n');
  return `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}
