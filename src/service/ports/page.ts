/** One page of a list. */

export interface Page<T> {
  items: T[];
  /** Opaque; give it back to get the next page. Null on the last. Rows added meanwhile are neither skipped nor repeated. */
  next: string | null;
}
