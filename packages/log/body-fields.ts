// Reads the fields of what is hashed into the log. Whoever kept it may hand in anything, so every field must be
// there, be of its kind, and no other may stand beside it; whatever is not so is `refused`, and the noun says what
// was read.
import { KuraError } from '@kura/base';
import type { JsonValue } from './canonical-json.ts';

/** The last millisecond that a date can have; nothing that is counted here comes near it. */
const MAX_COUNT = 8_640_000_000_000_000;
/** A store's place or a cipher's name; what is longer is not one. */
const MAX_TEXT_CHARACTERS = 1024;

export interface FieldsForm {
  /** In messages: "the receipt is refused". */
  readonly noun: string;
  readonly names: readonly string[];
}

export class BodyFields {
  readonly #noun: string;
  readonly #fields: { readonly [name: string]: JsonValue };

  constructor(value: JsonValue | undefined, { noun, names }: FieldsForm) {
    this.#noun = noun;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.refuse('a field is not what it should be');
    }
    const fields = value as { readonly [name: string]: JsonValue };
    const found = Object.keys(fields);
    if (found.length !== names.length || !names.every((name) => Object.hasOwn(fields, name))) {
      this.refuse(`its fields are not those of a ${noun}`);
    }
    this.#fields = fields;
  }

  refuse(why: string): never {
    throw new KuraError('refused', `the ${this.#noun} is refused: ${why}`);
  }

  value(name: string): JsonValue | undefined {
    return this.#fields[name];
  }

  text(name: string): string {
    const value = this.#fields[name];
    const isText = typeof value === 'string' && value.length <= MAX_TEXT_CHARACTERS;
    return isText ? value : this.refuse(`"${name}" is not a text`);
  }

  /** Lower-case hex of exactly so many bytes. */
  hex(name: string, sizeBytes: number): string {
    const value = this.text(name);
    const isHex = value.length === sizeBytes * 2 && /^[0-9a-f]*$/.test(value);
    return isHex ? value : this.refuse(`"${name}" is not ${sizeBytes} bytes in hexadecimal`);
  }

  hexOrNull(name: string, sizeBytes: number): string | null {
    return this.#fields[name] === null ? null : this.hex(name, sizeBytes);
  }

  /** A whole number, zero or more. */
  count(name: string): number {
    const value = this.#fields[name];
    const isCount = typeof value === 'number' && value >= 0 && value <= MAX_COUNT;
    return isCount ? value : this.refuse(`"${name}" is not a number in its range`);
  }

  list(name: string): readonly JsonValue[] {
    const value = this.#fields[name];
    return Array.isArray(value) ? value : this.refuse(`"${name}" is not a list`);
  }

  oneOf<Choice extends string>(name: string, choices: readonly Choice[]): Choice {
    const value = this.#fields[name];
    const found = choices.find((choice) => choice === value);
    return found ?? this.refuse(`"${name}" is none of ${choices.join(', ')}`);
  }
}
