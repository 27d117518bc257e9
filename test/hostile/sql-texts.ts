/**
 * Finds where a source text makes SQL otherwise than with bound parameters: pieces of text put together, Kysely's ways
 * past binding (`sql.raw`, `sql.lit`), names that are not written out (`sql.ref` and the like), and statements that are
 * run from a variable. Each find is told as the code that stands there.
 */

import { type Expression, type Node, parseSync, type Super } from '@swc/core';

/** Their argument becomes a part of the SQL; written out it is as good as the text around it. */
const PAST_BINDING = new Set(['raw', 'lit', 'ref', 'id', 'table', 'val']);
/** Run what they are given. */
const RUNS = new Set(['query', 'exec', 'prepare', 'pragma', 'unsafe', 'execute']);
const SQL =
  /\b(select|insert into|update|delete from|create (table|index|trigger|view|schema|function|role)|alter (table|role|user)|drop (table|index|view|schema)|grant \w+ on|set (session|search_path|local)|where [\w?.]+ *(=|<|>|in|is|like)|order by|union all|returning)\b/i;

export function sqlFinds(source: string): string[] {
  const bytes = Buffer.from(source, 'utf8');
  const module = parseSync(source, { syntax: 'typescript' });
  const finds: string[] = [];
  // swc counts on from the text before; the module begins with the first thing that is no comment
  const base = module.span.start - byteOffsetOfFirst(source);
  const add = (node: { span: { start: number; end: number } }): void => {
    const text = bytes.subarray(node.span.start - base, node.span.end - base).toString('utf8');
    finds.push(text.replace(/\s+/g, ' ').slice(0, 120));
  };
  visit(module, (node, parent) => {
    switch (node.type) {
      case 'TemplateLiteral': {
        // what `sql` and its like are put before binds its values
        const isTagged = parent?.type === 'TaggedTemplateExpression';
        const words = node.quasis.map((q) => q.raw).join('x');
        if (!isTagged && node.expressions.length > 0 && SQL.test(words)) add(node);
        return;
      }
      case 'BinaryExpression':
        if (
          node.operator === '+' &&
          [node.left, node.right].some((side) => SQL.test(writtenOut(side) ?? ''))
        ) {
          add(node);
        }
        return;
      case 'CallExpression': {
        const { callee } = node;
        if (callee.type !== 'MemberExpression' || callee.property.type !== 'Identifier') return;
        const method = callee.property.value;
        const first = node.arguments[0]?.expression;
        if (first === undefined) return;
        const ofSql = callee.object.type === 'Identifier' && callee.object.value === 'sql';
        if (ofSql && PAST_BINDING.has(method) && writtenOut(first) === null) add(node);
        if (!ofSql && RUNS.has(method) && !isNoDatabase(callee.object) && writtenOut(first) === null)
          add(node);
      }
    }
  });
  return finds;
}

/** A regular expression has an `exec` too, and a statement of Kysely's is executed on the database that it is given. */
function isNoDatabase(object: Expression | Super): boolean {
  const isConstant = object.type === 'Identifier' && /^[A-Z_]+$/.test(object.value);
  return isConstant || object.type === 'RegExpLiteral' || object.type === 'TaggedTemplateExpression';
}

/** The text of a literal without values; null for anything else. */
function writtenOut(node: Expression): string | null {
  if (node.type === 'StringLiteral') return node.value;
  if (node.type === 'TemplateLiteral' && node.expressions.length === 0) return node.quasis[0]?.raw ?? '';
  return null;
}

function visit(value: unknown, see: (node: Node & Expression, parent: Node | null) => void): void {
  const walk = (inner: unknown, parent: Node | null): void => {
    if (Array.isArray(inner)) {
      for (const one of inner) walk(one, parent);
      return;
    }
    if (inner === null || typeof inner !== 'object') return;
    const isNode = 'type' in inner && typeof inner.type === 'string';
    if (isNode) see(inner as Node & Expression, parent);
    for (const child of Object.values(inner)) walk(child, isNode ? (inner as Node) : parent);
  };
  walk(value, null);
}

function byteOffsetOfFirst(source: string): number {
  const before = /^(?:\s|\/\*[\s\S]*?\*\/|\/\/[^\n]*)*/.exec(source)?.[0] ?? '';
  return Buffer.byteLength(before);
}
