// The layer table: which package may import which. npm hoists every package to where every other one
// finds it, so manifests enforce nothing; tests/tidy.test.ts reads this table instead. What is absent
// here is the security claim: a store and the coordinator cannot import what opens a member's data.

/** Folder of each package, from the root of the repository. */
export const PACKAGE_FOLDERS = {
  base: 'packages/base',
  native: 'packages/native',
  log: 'packages/log',
  contract: 'packages/contract',
  'copy-seal': 'packages/copy-seal',
  'member-seal': 'packages/member-seal',
  format: 'packages/format',
  database: 'packages/database',
  certificates: 'packages/certificates',
  timestamps: 'packages/timestamps',
  wire: 'packages/wire',
  daemon: 'packages/daemon',
  testing: 'packages/testing',
  store: 'apps/store',
  witness: 'apps/witness',
  coordinator: 'apps/coordinator',
  agent: 'apps/agent',
  kura: 'apps/kura',
  simulator: 'simulator',
  tests: 'tests',
  bench: 'bench',
  scripts: 'scripts',
} as const;

export type PackageName = keyof typeof PACKAGE_FOLDERS;

/** Everything that is installed on a member's or an operator's machine. */
const SHIPPED = [
  'base',
  'native',
  'log',
  'contract',
  'copy-seal',
  'member-seal',
  'format',
  'database',
  'certificates',
  'timestamps',
  'wire',
  'daemon',
  'store',
  'witness',
  'coordinator',
  'agent',
] as const satisfies readonly PackageName[];

/** Package → the packages it may import. A package may always import itself. */
export const LAYERS: Readonly<Record<PackageName, readonly PackageName[]>> = {
  // Everyone stands on it, so it stands on nothing.
  base: [],
  native: ['base'],
  // Pure, so that everyone may verify a receipt.
  log: ['base'],
  contract: ['base', 'log'],
  'copy-seal': ['base', 'native', 'log'],
  // The keys of a member: only an agent's side may see this package.
  'member-seal': ['base', 'native'],
  format: ['base', 'native', 'member-seal'],
  database: ['base'],
  // Roles and ids of programs; pure, so that a reader and an authority judge by the same code.
  certificates: ['base'],
  // Pure, so that anybody may verify a stamp.
  timestamps: ['base', 'certificates'],
  // Both ends of the endpoint table: sockets are opened here and nowhere else.
  wire: ['base', 'log', 'contract', 'certificates'],
  // What operators' programs share; an agent is none of them.
  daemon: ['base', 'contract', 'certificates', 'wire'],
  testing: ['base', 'native', 'log', 'contract'],
  // Never member-seal or format, and no copy-seal either: a store has no key at all.
  store: ['base', 'native', 'log', 'contract', 'certificates', 'wire', 'daemon'],
  // Knows logs and nothing else of a network.
  witness: ['base', 'log', 'contract', 'wire', 'daemon'],
  // Puts the outer cipher on, cannot take the inner one off.
  coordinator: [
    'base',
    'native',
    'log',
    'contract',
    'copy-seal',
    'database',
    'certificates',
    'timestamps',
    'wire',
    'daemon',
  ],
  // The only place of plaintext. It reaches stores and coordinator through the contract's ports.
  agent: [
    'base',
    'native',
    'log',
    'contract',
    'copy-seal',
    'member-seal',
    'format',
    'certificates',
    'timestamps',
    'wire',
  ],
  // The one that wires the others; nothing that is made for tests may ship in it.
  kura: SHIPPED,
  simulator: [...SHIPPED, 'kura', 'testing'],
  tests: [...SHIPPED, 'kura', 'testing', 'simulator', 'scripts'],
  // Networks are started for both in one way.
  bench: [...SHIPPED, 'kura', 'testing', 'tests'],
  scripts: [...SHIPPED, 'kura', 'testing'],
};

/** What `*.test.ts` files of a package may import on top: nothing real is mocked, so the real thing. */
export const LAYERS_OF_TESTS: Readonly<Partial<Record<PackageName, readonly PackageName[]>>> = {
  agent: ['store', 'coordinator', 'database'],
  base: ['testing'],
  database: ['testing'],
  coordinator: ['store'],
  kura: ['testing'],
  witness: ['testing'],
};

const SOCKETS = 'one package opens sockets: limits, deadlines and trust are kept in one place';

/** Node's own modules that only some packages may import, each with the reason. */
export const RESTRICTED_BUILTINS: Readonly<
  Record<
    string,
    {
      readonly packages: readonly PackageName[];
      /** Of other packages, these folders alone. */
      readonly folders?: readonly string[];
      readonly reason: string;
    }
  >
> = {
  'node:ffi': {
    packages: ['native'],
    reason: 'a wrong signature crashes the process: one package owns every foreign call',
  },
  'node:sqlite': { packages: ['database'], reason: 'tables are reached through one package' },
  'node:child_process': {
    packages: ['scripts', 'tests', 'bench', 'simulator', 'testing'],
    folders: ['apps/kura/up'],
    reason: 'of what ships, only `kura up` starts programs, and only its own',
  },
  'node:http': { packages: ['wire', 'tests', 'bench'], reason: SOCKETS },
  'node:https': { packages: ['wire', 'tests', 'bench'], reason: SOCKETS },
  'node:net': { packages: ['wire', 'testing', 'tests', 'bench'], reason: SOCKETS },
  'node:dgram': { packages: ['wire', 'tests'], reason: SOCKETS },
  'node:tls': { packages: ['wire', 'tests', 'bench'], reason: SOCKETS },
  'node:vm': { packages: [], reason: 'no code is made at run time' },
  'node:test': { packages: ['testing', 'tests'], reason: 'only tests test' },
  'node:fs/promises': {
    packages: ['scripts', 'tests', 'bench'],
    reason: 'measured: 14 times slower than synchronous calls, and not the injected disk',
  },
  'node:fs': {
    packages: [
      'native',
      'database',
      'daemon',
      'agent',
      'kura',
      'coordinator',
      'scripts',
      'tests',
      'bench',
      'simulator',
      'testing',
    ],
    // The stand-alone verifier is a program of its own.
    folders: ['packages/log/verifier'],
    reason: 'a store and the formats reach the disk as an argument, so that faults can be injected',
  },
};
