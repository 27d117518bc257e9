/** The arrows of the house: they run one way, and nothing runs in a circle. See CONTRIBUTING.md. */
module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'domain-imports-nothing-of-ours',
      severity: 'error',
      from: { path: '^src/domain' },
      to: { path: '^(src/(?!domain)|adapters|queues|db|simulators|test)' },
    },
    {
      name: 'domain-is-pure',
      comment: 'no I/O and no library in the domain',
      severity: 'error',
      from: { path: '^src/domain' },
      to: { dependencyTypes: ['core', 'npm', 'npm-dev', 'npm-optional'] },
    },
    {
      name: 'service-knows-only-domain-and-its-ports',
      severity: 'error',
      from: { path: '^src/service' },
      to: { path: '^(src/(?!domain|service)|adapters|queues|db|simulators|test)' },
    },
    {
      name: 'http-knows-no-outside-world',
      severity: 'error',
      from: { path: '^src/http' },
      to: { path: '^(adapters|queues|db|simulators|test)' },
    },
    {
      name: 'outer-folders-do-not-know-each-other',
      severity: 'error',
      from: { path: '^(adapters|queues|db)/' },
      to: { path: '^(adapters|queues|db|simulators|test)/', pathNot: '^$1/' },
    },
    {
      name: 'outer-folders-see-only-domain-and-ports',
      comment: 'and one thing of zod that every reader of outside messages needs',
      severity: 'error',
      from: { path: '^(adapters|queues|db)/' },
      to: { path: '^src/', pathNot: '^src/(domain|service/ports)/|^src/length-limits[.]ts$' },
    },
    {
      name: 'simulators-know-nothing-of-the-bridge',
      comment: 'a simulator that shared our parser would agree with our mistakes',
      severity: 'error',
      from: { path: '^simulators/' },
      to: { path: '^(src|adapters|queues|db|test)/' },
    },
    {
      name: 'production-never-imports-simulators',
      severity: 'error',
      from: { path: '^(src|adapters|queues|db)/', pathNot: '^src/commands/(demo|simulate)' },
      to: { path: '^(simulators|test)/' },
    },
    {
      name: 'only-main-and-commands-wire',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(main\\.ts|warm\\.ts|commands/)' },
      to: { path: '^(adapters|queues|db)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // TypeScript 7 has no interface for other programs. swc sees type imports too; asking for them by
    // tsPreCompilationDeps would only bring a warning that TypeScript is missing.
    parser: 'swc',
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.js', '.json'] },
  },
};
