/** Bangkok's wall clock at an instant, as the columns of a HIS hold it. */
export function bangkokWall(at: number): { date: string; time: string } {
  const iso = new Date(at + 7 * 3_600_000).toISOString();
  return { date: iso.slice(0, 10), time: iso.slice(11, 19) };
}
