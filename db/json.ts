/** JSON columns hold what the ledger itself has written, so they are read back as what they were. */
export function fromJson<T>(text: string): T {
  return JSON.parse(text) as T;
}
