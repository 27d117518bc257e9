/** What a program of ours that a test starts is told of the test's own environment: nothing that changes what it does. */
export function programEnv(): Record<string, string> {
  const { PATH = '', NODE_COMPILE_CACHE } = process.env;
  // hundreds are started: each would compile all of it again
  return { PATH, ...(NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE }) };
}
