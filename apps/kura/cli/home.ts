// Which folder holds all state of this user's network.
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

export interface HomeSettings {
  /** `--kura-home`. */
  readonly option: string | undefined;
  /** `KURA_HOME`. */
  readonly variable: string | undefined;
  /** `XDG_DATA_HOME`; the standard says to ignore it unless it is absolute. */
  readonly dataHome: string | undefined;
}

/** Absolute. The option wins over the variable, the variable over the standard place. */
export function findHome({ option, variable, dataHome }: HomeSettings): string {
  if (option !== undefined && option !== '') return resolve(option);
  if (variable !== undefined && variable !== '') return resolve(variable);
  const base =
    dataHome !== undefined && isAbsolute(dataHome) ? dataHome : join(homedir(), '.local', 'share');
  return join(base, 'kura');
}
