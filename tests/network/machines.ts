// Machines of their own on this machine: network namespaces on one bridge, each with an address that only they see. It
// needs root and `ip`; where that is not to be had, `NO_MACHINES` says so.
import { spawnSync } from 'node:child_process';
import { must } from '@kura/base';

export interface Machine {
  readonly host: string;
  /** What starts a program on it. */
  readonly through: readonly string[];
}

/** Of RFC 5735, for tests between networks; nothing outside the bridge is ever asked for it. */
const NETWORK = '198.18.0';
const BRIDGE = 'br0';
const OUTSIDE = 'p0';

let opened = 0;

function ip(...argv: string[]): void {
  const { status, error, stderr } = spawnSync('ip', argv, { encoding: 'utf8' });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`ip ${argv.join(' ')}: ${stderr.trim()}`);
}

export class Machines {
  readonly #prefix: string;
  readonly #spaces: string[] = [];
  readonly #machines = new Map<string, Machine>();

  constructor(names: readonly string[]) {
    this.#prefix = `kura-${process.pid}-${opened++}`;
    try {
      const wire = this.#space('wire');
      ip('-n', wire, 'link', 'add', BRIDGE, 'type', 'bridge');
      ip('-n', wire, 'link', 'set', 'dev', BRIDGE, 'up');
      for (const name of names) this.#add(name, wire);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  of(name: string): Machine {
    return must(this.#machines.get(name), `there is a machine ${name}`);
  }

  close(): void {
    // Its links go with a namespace, and its processes keep it until they end.
    for (const space of this.#spaces.splice(0)) ip('netns', 'del', space);
  }

  #add(name: string, wire: string): void {
    const number = this.#machines.size + 1;
    const space = this.#space(name);
    const [host, end] = [`${NETWORK}.${number}`, `m${number}`];
    ip('-n', space, 'link', 'add', OUTSIDE, 'type', 'veth', 'peer', 'name', end, 'netns', wire);
    ip('-n', wire, 'link', 'set', 'dev', end, 'master', BRIDGE);
    ip('-n', wire, 'link', 'set', 'dev', end, 'up');
    ip('-n', space, 'address', 'add', `${host}/24`, 'dev', OUTSIDE);
    for (const device of ['lo', OUTSIDE]) ip('-n', space, 'link', 'set', 'dev', device, 'up');
    this.#machines.set(name, { host, through: ['ip', 'netns', 'exec', space] });
  }

  #space(name: string): string {
    const space = `${this.#prefix}-${name}`;
    ip('netns', 'add', space);
    this.#spaces.push(space);
    return space;
  }
}

/** Why there can be none; false if there can. */
export const NO_MACHINES: string | false = whyNot();

function whyNot(): string | false {
  try {
    new Machines([]).close();
    return false;
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n')[0] : String(error);
    return `needs root and network namespaces: ${why}`;
  }
}
