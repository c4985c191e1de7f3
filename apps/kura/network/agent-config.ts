// `KURA_HOME/agent.toml`: what a member may set of how this machine uses its line, and who stamps times for it.
// Without the file everything is as usual; a value that makes no sense is told before anything is sent.
import { type SpeedTable, STANDARD_SPEEDS } from '@kura/agent/line-speed/line-speed.ts';
import { type Disk, KuraError } from '@kura/base';
import type { Setting } from '@kura/daemon/config/setting.ts';

export interface AgentConfig {
  /** Below the first speed packs are of the smallest size, below the second of the medium one. */
  readonly packSizes: SpeedTable;
  /** "https://ADDRESS FILE.pem" each: timestamp authorities besides the network's own. */
  readonly timestampAuthorities: readonly string[];
}

const MAX_AUTHORITIES = 15;
const MAX_AUTHORITY_CHARACTERS = 2048;

const MBIT_BYTES = 125_000;
const MAX_MBIT = 1_000_000;

/** "[2, 20]": Mbit a second; "2;20" in the environment. */
const speeds: Setting<SpeedTable> = {
  form: 'two speeds in Mbit a second, the smaller one first, such as [2, 20]',
  read: (given) => {
    if (!Array.isArray(given) || given.length !== 2) return undefined;
    const [small, medium] = given.map(Number);
    const isTable =
      small !== undefined &&
      medium !== undefined &&
      small >= 0 &&
      medium >= small &&
      medium <= MAX_MBIT;
    return isTable ? [small * MBIT_BYTES, medium * MBIT_BYTES] : undefined;
  },
  fromText: (text) => text.split(';').map(Number),
};

/** Throws `usage` with everything that is wrong. */
export async function readAgentConfig(
  { disk, homeFolder }: { readonly disk: Disk; readonly homeFolder: string },
  environment: Readonly<Record<string, string | undefined>>,
): Promise<AgentConfig> {
  const file = `${homeFolder}/agent.toml`;
  const isSet = ['KURA_LINE_PACK_SIZES', 'KURA_TIMESTAMPS_AUTHORITIES'].some(
    (name) => environment[name] !== undefined,
  );
  if (disk.stat(file) === undefined && !isSet) {
    return { packSizes: STANDARD_SPEEDS, timestampAuthorities: [] };
  }
  // TOML is read by whoever has set something.
  const { readConfig, readConfigText, showProblem } = await import('@kura/daemon/config/load.ts');
  const { configSchema, section } = await import('@kura/daemon/config/schema.ts');
  const { texts, withDefault } = await import('@kura/daemon/config/setting.ts');
  const authorities = texts({ maxItems: MAX_AUTHORITIES, maxLength: MAX_AUTHORITY_CHARACTERS });
  const schema = configSchema(
    {},
    {
      line: section({ packSizes: withDefault(speeds, STANDARD_SPEEDS) }),
      timestamps: section({ authorities: withDefault(authorities, []) }),
    },
  );
  const text = disk.stat(file) === undefined ? '' : readConfigText(file);
  const { loaded, problems } = readConfig(text, schema, { folder: homeFolder, environment });
  if (loaded !== undefined) {
    const { line, timestamps } = loaded.value;
    return { ...line, timestampAuthorities: timestamps.authorities };
  }
  const shown = problems.map((problem) => showProblem(file, problem));
  throw new KuraError('usage', shown.join('; '), {
    guidance: 'Correct it; docs/operate/members.md has an example.',
  });
}
