// Where the passphrase comes from: a file, the environment, or the person. Never from the arguments, which
// every user of the machine can read in the list of processes.
import { KuraError } from '@kura/base';
import { readInputFile } from './input-file.ts';
import type { Terminal } from './terminal.ts';

export interface PassphraseSettings {
  /** `--passphrase-file`. */
  readonly file: string | undefined;
  /** `KURA_PASSPHRASE`. */
  readonly variable: string | undefined;
  readonly terminal: Terminal;
}

/** What the work behind a command may ask the person for. */
export interface Secrets {
  /** Of the network that exists. The same answer however often it is called. */
  passphrase(): Promise<string>;
  /** The same, if nobody has to be asked. Throws `usage` for a file that holds none. */
  givenPassphrase(): string | undefined;
  /** For something that is made new: asked for twice on a terminal. */
  newPassphrase(): Promise<string>;
}

const MAX_FILE_BYTES = 4096;
const MAX_TRIES = 3;

const NO_TERMINAL_GUIDANCE =
  'Set KURA_PASSPHRASE, give --passphrase-file FILE, or run it on a terminal to be asked.';

/** The first line of a file, without its end. */
export function readPassphraseFile(path: string): string {
  const maxBytes = MAX_FILE_BYTES;
  const text = readInputFile({ path, noun: 'passphrase file', maxBytes }).toString('utf8');
  const line = text.split(/\r?\n/, 1)[0] ?? '';
  if (line === '' || text.length > maxBytes) {
    throw new KuraError('usage', `the passphrase file ${path} does not begin with a passphrase`, {
      guidance: 'It should hold the passphrase alone, in one line.',
    });
  }
  return line;
}

async function ask(terminal: Terminal, question: string): Promise<string> {
  const answer = await terminal.askSecret(question);
  if (answer === undefined) {
    throw new KuraError('usage', 'there is no passphrase and no terminal to ask for one', {
      guidance: NO_TERMINAL_GUIDANCE,
    });
  }
  return answer;
}

async function askTwice(terminal: Terminal, noun: string): Promise<string> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const first = await ask(terminal, `${noun}: `);
    if (first === '') continue;
    if (first === (await ask(terminal, `${noun}, once more: `))) return first;
  }
  throw new KuraError('usage', 'the two passphrases are never the same', {
    guidance: 'Run it again and type the same passphrase twice.',
  });
}

/** From the file or the environment, without asking; undefined if there is neither. */
function given({ file, variable }: PassphraseSettings): string | undefined {
  if (file !== undefined) return readPassphraseFile(file);
  return variable === undefined || variable === '' ? undefined : variable;
}

export function secretsFrom(settings: PassphraseSettings): Secrets {
  const { terminal } = settings;
  let known: Promise<string> | undefined;
  return {
    passphrase() {
      known ??= Promise.resolve(given(settings) ?? ask(terminal, 'Passphrase: '));
      return known;
    },
    givenPassphrase: () => given(settings),
    newPassphrase() {
      known ??= Promise.resolve(given(settings) ?? askTwice(terminal, 'New passphrase'));
      return known;
    },
  };
}

/** To log in to a service: another one than the card's; `variable`: KURA_LOGIN_PASSPHRASE. */
export async function loginPassphrase(settings: PassphraseSettings): Promise<string> {
  return given(settings) ?? (await askTwice(settings.terminal, 'Passphrase to log in'));
}

/** The same of an account that there is: nobody types it twice. */
export async function knownLoginPassphrase(settings: PassphraseSettings): Promise<string> {
  return given(settings) ?? (await ask(settings.terminal, 'Passphrase to log in: '));
}

/** The passphrase that replaces another: from its own file, or asked for; never from the environment. */
export async function replacementPassphrase(
  file: string | undefined,
  terminal: Terminal,
): Promise<string> {
  if (file !== undefined) return readPassphraseFile(file);
  return await askTwice(terminal, 'New passphrase');
}
