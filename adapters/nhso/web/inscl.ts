/** NHSO's word on a right, written as the agent writes it. */

/** "(UCS) สิทธิหลักประกันสุขภาพแห่งชาติ", so that the same Coverage comes of it; null without a code. */
export function inscl(code: string | null, name: string | null): string | null {
  const bare = code?.replace(/^\((.*)\)$/, '$1').trim() ?? '';
  if (bare === '') return null;
  // some names bring their code along
  const rest = name?.startsWith(`(${bare})`) ? name.slice(bare.length + 2).trim() : (name ?? '');
  return `(${bare}) ${rest}`.trim();
}
