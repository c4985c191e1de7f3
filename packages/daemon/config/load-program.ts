// The configuration of whichever program a file is for: its first setting, `role`, says which.
import { dirname } from 'node:path';
import { parse } from 'smol-toml';
import {
  type Environment,
  type LoadedConfig,
  loadConfig,
  type ReadConfig,
  readConfig,
  readConfigText,
} from './load.ts';
import { CONFIGS, PROGRAM_ROLES, type ProgramConfig, type ProgramRole } from './programs.ts';
import { type ConfigSchema, configSchema } from './schema.ts';
import { oneOf } from './setting.ts';

/** What is read of a file of which not even the role is right. */
const ROLE_ONLY = configSchema({ role: oneOf(PROGRAM_ROLES) }, {});

function roleIn(text: string, environment: Environment): ProgramRole | undefined {
  try {
    const role = environment.KURA_ROLE ?? parse(text).role;
    return PROGRAM_ROLES.find((one) => one === role);
  } catch {
    return undefined; // reading it properly says what is wrong
  }
}

function schemaOf(text: string, environment: Environment): ConfigSchema<ProgramConfig> {
  const role = roleIn(text, environment);
  const schema = role === undefined ? ROLE_ONLY : CONFIGS[role];
  // The role was looked at: the value that comes out is of this schema.
  return schema as unknown as ConfigSchema<ProgramConfig>;
}

/** With everything that is wrong, for `kura config validate`. Throws only if the file cannot be read. */
export function readProgram(file: string, environment: Environment): ReadConfig<ProgramConfig> {
  const text = readConfigText(file);
  const schema = schemaOf(text, environment);
  return readConfig(text, schema, { folder: dirname(file), environment });
}

/** Throws `usage` with everything that is wrong. */
export function loadProgram(file: string, environment: Environment): LoadedConfig<ProgramConfig> {
  return loadConfig(file, schemaOf(readConfigText(file), environment), environment);
}
