// What a store knows of its own power: a small file that the operator's UPS software writes when something changes
// (docs/operate/hazards.md). Read at every heartbeat; a file that is not there or makes no sense says nothing.
import { asKuraError, type Disk, KuraError } from '@kura/base';
import { MAX_FUEL_HOURS } from '@kura/contract/wire/endpoints/heartbeat.ts';
import { readSmallFile } from '../small-file.ts';
import type { Beat } from './heartbeat.ts';

export type Power = NonNullable<Beat['power']>;

const MAX_BYTES = 4096;
const LINE = /^\s*(?<key>[a-z_]+)\s*=\s*"?(?<value>[^"#]*?)"?\s*(?:#.*)?$/;

/** Throws `corrupt` with what is wrong. */
export function parsePower(text: string): Power {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    if (line.trim() === '' || line.trim().startsWith('#')) continue;
    const { key, value } = LINE.exec(line)?.groups ?? {};
    if (key === undefined || value === undefined) refuse(`"${line.slice(0, 40)}" is no setting`);
    values.set(key, value);
  }
  const utility = values.get('utility_power');
  if (utility !== 'true' && utility !== 'false') refuse('utility_power is neither true nor false');
  const supply = values.get('on')?.slice(0, 40);
  const fuel = values.get('fuel_hours');
  const fuelHours = fuel === undefined ? undefined : Number(fuel);
  const isFuelSane = fuelHours === undefined || (fuelHours >= 0 && fuelHours <= MAX_FUEL_HOURS);
  if (!isFuelSane) refuse(`fuel_hours is no number from 0 to ${MAX_FUEL_HOURS}`);
  return { hasUtilityPower: utility === 'true', supply, fuelHours };
}

function refuse(why: string): never {
  throw new KuraError('corrupt', why);
}

export class PowerFile {
  readonly #disk: Disk;
  readonly #path: string;
  readonly #onFault: (why: string) => void;
  #fault: string | undefined;

  /** `onFault` is told once of each fault. */
  constructor(disk: Disk, path: string, onFault: (why: string) => void) {
    this.#disk = disk;
    this.#path = path;
    this.#onFault = onFault;
  }

  /** Undefined if nothing is known. */
  read(): Power | undefined {
    try {
      const power = this.#parse();
      this.#fault = undefined;
      return power;
    } catch (error) {
      const { message } = asKuraError(error, `cannot read ${this.#path}`);
      if (message !== this.#fault) this.#onFault(message);
      this.#fault = message;
      return undefined;
    }
  }

  #parse(): Power {
    const bytes = readSmallFile(this.#disk, this.#path, MAX_BYTES);
    if (bytes === undefined) refuse('the file of the power state is not there');
    return parsePower(Buffer.from(bytes).toString('utf8'));
  }
}
