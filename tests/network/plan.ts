// What a test wants of a network on this machine, and the files that its programs are started from.
import type { Machine } from './machines.ts';

export interface BucketShelf {
  readonly kind: 's3';
  readonly bucket: string;
  readonly endpoint: string;
  readonly accessKeyFile: string;
  readonly secretKeyFile: string;
}

export interface StorePlan {
  /** Also its name here: "store-osaka". */
  readonly city: string;
  readonly kind: 'strict' | 'card-readable';
  /** Default: a folder. */
  readonly shelf?: BucketShelf;
  /** On which address its reader may be found by neighbours; default: on none. */
  readonly nearby?: string;
}

export interface NetworkPlan {
  readonly stores: readonly StorePlan[];
  /** More than one: they share one name that others reach them by, and leave the work of gateways to gateways. */
  readonly coordinators?: number;
  /** Programs of their own; default: none, the coordinator does the work as well. */
  readonly gateways?: number;
  /** Of the log, each a program of its own; default: none. */
  readonly witnesses?: number;
  /** Settings of the section "gateway" in the files of programs that do its work. */
  readonly gateway?: Sections[string];
  /** "postgres://…"; default: a file in the coordinator's folder. */
  readonly databaseUrl?: string;
  /** A proxy that can fail stands before every program that listens for others. */
  readonly hasFaultyLines?: boolean;
  /** Where a program runs, and a person whose home has this name; default: all on this one. */
  readonly machineOf?: (name: string) => Machine;
  /** Before a program is set up: its folder is there and empty. */
  readonly prepare?: (name: string, folder: string) => void;
  /** After every program has ended, before the folders go. */
  readonly finish?: () => void;
  /** What a program finds in its environment, beside what is there. */
  readonly environmentOf?: (name: string) => Readonly<Record<string, string>>;
}

type Value = string | number | boolean | undefined;
export type Sections = Readonly<Record<string, Readonly<Record<string, Value>>>>;

/** TOML, as an operator would write it. Values without a value are left out. */
export function toml(top: Readonly<Record<string, Value>>, sections: Sections): string {
  const lines = settings(top);
  for (const [name, values] of Object.entries(sections))
    lines.push(`[${name}]`, ...settings(values));
  return `${lines.join('\n')}\n`;
}

function settings(values: Readonly<Record<string, Value>>): string[] {
  return Object.entries(values).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key} = ${JSON.stringify(value)}`],
  );
}

export function shelfSection(plan: StorePlan, path: string): Sections[string] {
  const { shelf } = plan;
  if (shelf === undefined) return { path };
  const { accessKeyFile, secretKeyFile, ...rest } = shelf;
  return { path, ...rest, access_key_file: accessKeyFile, secret_key_file: secretKeyFile };
}
