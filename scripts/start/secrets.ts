// The demonstration's passphrase and recovery words. Both lie in KURA_HOME, readable by their owner only, so
// that a stranger can go on at once; that protects against nobody who can read this account's files,
// and the demonstration says so.
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { asKuraError, systemRandom } from '@kura/base';
import { type Secrets, secretsFrom } from '@kura/kura/cli/passphrase.ts';
import { processTerminal } from '@kura/kura/cli/terminal.ts';
import { newRoot, rootToWords } from '@kura/member-seal';
import type { Places } from './places.ts';

/** Six of 2048 words: 66 bits, behind Argon2id. */
const PASSPHRASE_WORDS = 6;

export interface DemoSecrets {
  readonly secrets: Secrets;
  /** Undefined unless it was made just now. */
  readonly newPassphrase: string | undefined;
}

/** KURA_PASSPHRASE wins; then the file; a network that is there already asks, a new one makes one. */
export function findSecrets(
  { home, passphraseFile }: Places,
  { isFounded, variable }: { readonly isFounded: boolean; readonly variable: string | undefined },
): DemoSecrets {
  const terminal = processTerminal;
  const isGiven = variable !== undefined && variable !== '';
  if (isGiven) {
    const secrets = secretsFrom({ file: undefined, variable, terminal });
    return { secrets, newPassphrase: undefined };
  }
  let newPassphrase: string | undefined;
  if (!isFounded && !existsSync(passphraseFile)) {
    newPassphrase = makePassphrase();
    mkdirSync(home, { recursive: true, mode: 0o700 });
    writeSecret(passphraseFile, newPassphrase);
  }
  const file = existsSync(passphraseFile) ? passphraseFile : undefined;
  return { secrets: secretsFrom({ file, variable: undefined, terminal }), newPassphrase };
}

/** From a root of its own, which is thrown away: it says nothing about any key. */
function makePassphrase(): string {
  const words = rootToWords(newRoot(systemRandom), 'english');
  return words.split(' ').slice(0, PASSPHRASE_WORDS).join('-');
}

/** One line that only its owner may read; never over what is there. */
export function writeSecret(path: string, text: string): void {
  try {
    const file = openSync(path, 'wx', 0o600);
    try {
      writeSync(file, `${text}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw asKuraError(error, `${path} cannot be written`);
  }
}
