/** One line of `doctor` and `readyz`: what was looked at, whether it is well, and the next step when it is not. */
export interface Finding {
  /** Short and stable, kebab-case: `his-reachable`, `his-grant-update`, `queue-eviction`. */
  check: string;
  /** `fail`: the bridge cannot do its job. `warn`: it can, but somebody should look. */
  level: 'ok' | 'warn' | 'fail';
  /** Plain words, no citizen id, no password. */
  message: string;
  /** What to do, e.g. the GRANT statement to run. */
  fix?: string;
}
