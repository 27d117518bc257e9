/** Cuts a list into pieces of at most `size`: a statement takes only so many values. */
export function chunks<T>(all: readonly T[], size: number): T[][] {
  const pieces: T[][] = [];
  for (let i = 0; i < all.length; i += size) pieces.push(all.slice(i, i + size));
  return pieces;
}
