/** NHSO writes "(UCS) สิทธิ…", and in some answers the code alone: what the column that is searched holds of either. */
export function inBrackets(mainInscl: string | null): string | null {
  if (mainInscl === null) return null;
  return (/^\s*\(([^)]*)\)/.exec(mainInscl)?.[1] ?? mainInscl).trim();
}
