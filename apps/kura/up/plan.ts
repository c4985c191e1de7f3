// Which programs `kura up` runs, and the TOML file of each: what docs/operate/coordinator.md has an operator write by
// hand. The files are written once, when the folder is founded; from then on they are read as any operator's.
import type { ProgramRole } from '@kura/daemon';

export interface PlannedProgram {
  /** "coordinator", "witness-1", "gateway-1", "store-osaka", "reader-osaka": of its file, its state and its log. */
  readonly name: string;
  readonly role: ProgramRole;
  /** TOML. */
  readonly text: string;
}

interface PlannedStore {
  readonly city: string;
  readonly kind: 'strict' | 'card-readable';
}

/** The three of `npm start`, one of them without any port. */
const STORES: readonly PlannedStore[] = [
  { city: 'osaka', kind: 'strict' },
  { city: 'ishikari', kind: 'card-readable' },
  { city: 'frankfurt', kind: 'card-readable' },
];

/** A loopback, and a folder that is thrown away: what the figures say matters to nobody. */
const LINE_MBIT = 1000;
const CAPACITY_GIB = 20;
const ANY_PORT = '127.0.0.1:0';

export interface PlanOptions {
  readonly gateways: number;
  /** Whose stores they are: the operator's name. */
  readonly operator: string;
  /** An address of this machine that nobody listens on. */
  readonly nextAddress: () => Promise<string>;
}

/** In the order in which they can be brought into the network. */
export async function planPrograms(options: PlanOptions): Promise<readonly PlannedProgram[]> {
  const { gateways, nextAddress } = options;
  const programs = [
    planned('coordinator', 'coordinator', {
      listen: { address: await nextAddress() },
      database: DATABASE,
      // What gateways do is to be seen at the gateways.
      gateway: { enabled: false },
    }),
  ];
  for (let number = 1; number <= WITNESSES; number++) {
    const name = `witness-${number}`;
    const listen = { address: await nextAddress() };
    const witness = { name: `${name}.kura-up.example`, logs: WITNESSED_LOGS };
    programs.push(planned(name, 'witness', { listen, witness }));
  }
  for (let number = 1; number <= gateways; number++) {
    const listen = { address: await nextAddress() };
    programs.push(planned(`gateway-${number}`, 'gateway', { listen, database: DATABASE }));
  }
  for (const store of STORES) programs.push(...(await planStore(store, options)));
  return programs;
}

const DATABASE = { url: 'network.db' };
/** As many as it takes to see what a policy is; real ones are run by others. */
const WITNESSES = 2;
/** Beside the files of the programs: the key of the network's own log. */
export const WITNESSED_LOGS = 'witnessed-logs';

async function planStore(
  { city, kind }: PlannedStore,
  { operator, nextAddress }: PlanOptions,
): Promise<readonly PlannedProgram[]> {
  const name = `store-${city}`;
  const shelf = { path: `${name}/shelf` };
  const settings = {
    kind,
    place: city,
    line_mbit: LINE_MBIT,
    capacity_gib: CAPACITY_GIB,
    operator,
  };
  if (kind === 'strict')
    return [planned(name, 'store', { shelf, store: settings }, { health: {} })];
  const listen = { address: await nextAddress() };
  const reader = await nextAddress();
  return [
    planned(name, 'store', { listen, shelf, store: { ...settings, reader } }),
    planned(`reader-${city}`, 'reader', { listen: { address: reader }, shelf }, { state: name }),
  ];
}

type Section = Readonly<Record<string, string | number | boolean>>;

function planned(
  name: string,
  role: ProgramRole,
  sections: Readonly<Record<string, Section>>,
  { state = name, health = { address: ANY_PORT } }: { state?: string; health?: Section } = {},
): PlannedProgram {
  const top = tomlLines({ role, state: `${state}/state` });
  const rest = Object.entries({ ...sections, health }).flatMap(([title, section]) =>
    Object.keys(section).length === 0 ? [] : [`[${title}]`, ...tomlLines(section)],
  );
  return { name, role, text: [...top, ...rest, ''].join('\n') };
}

/** JSON's strings, numbers and booleans are TOML's as well. */
function tomlLines(section: Section): readonly string[] {
  return Object.entries(section).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
}
