/**
 * What a program of ours that a test starts is told of the test's own environment: nothing that changes what it does. Where
 * `TEST_COMPILE_CACHE` names a folder, they share what one of them has compiled: hundreds are started.
 */
export function programEnv(): Record<string, string> {
  const { PATH = '', TEST_COMPILE_CACHE } = process.env;
  return { PATH, ...(TEST_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE: TEST_COMPILE_CACHE }) };
}
