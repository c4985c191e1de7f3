// A configuration as data: settings at the top of the file and in its sections, and what must hold between
// them. Names are as in TypeScript here (`lineMbit`) and as in TOML in the file (`line_mbit`).
import type { Setting, ValueOf } from './setting.ts';

export type Settings = Readonly<Record<string, Setting<never> | Setting<unknown>>>;

export interface Section<S extends Settings = Settings, Absent = never> {
  readonly settings: S;
  /** May be left out as a whole. */
  readonly isOptional: boolean;
  /** Only a type: what it is when left out. */
  readonly absent?: Absent;
}

export type Sections = Readonly<Record<string, Section<Settings, undefined> | Section>>;

type ValuesOf<S> = { readonly [Name in keyof S]: ValueOf<S[Name]> };
type SectionValue<C> = C extends Section<infer S, infer Absent> ? ValuesOf<S> | Absent : never;

export type ConfigOf<Top, C> = ValuesOf<Top> & {
  readonly [Name in keyof C]: SectionValue<C[Name]>;
};

export interface ConfigSchema<T> {
  readonly top: Settings;
  readonly sections: Sections;
  /** What is wrong although each setting is right by itself: a sentence each. */
  readonly rules: (value: T) => readonly string[];
}

export function section<S extends Settings>(settings: S): Section<S> {
  return { settings, isOptional: false };
}

export function optionalSection<S extends Settings>(settings: S): Section<S, undefined> {
  return { settings, isOptional: true };
}

export function configSchema<Top extends Settings, C extends Sections>(
  top: Top,
  sections: C,
  rules: (value: ConfigOf<Top, C>) => readonly string[] = () => [],
): ConfigSchema<ConfigOf<Top, C>> {
  return { top, sections, rules };
}

/** `receiveBufferMib` → `receive_buffer_mib`. */
export function keyOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** `KURA_GATEWAY_RECEIVE_BUFFER_MIB`, or `KURA_STATE` for the top of the file. */
export function variableOf(sectionName: string | undefined, name: string): string {
  const parts = sectionName === undefined ? [name] : [sectionName, name];
  return ['kura', ...parts.map(keyOf)].join('_').toUpperCase();
}
