/** Options that several commands share. */

export const CONFIG_OPTION = [
  '--config <file>',
  'the configuration file',
  'authen-bridge.config.json',
] as const;
