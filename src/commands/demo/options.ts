/** What can be set on the demo. */

export interface DemoOptions {
  visits: number;
  exitWhenDone: boolean;
  port: number;
  seed: number;
  verbose: boolean;
}
