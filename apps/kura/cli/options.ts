// Options that several commands share, and the small languages of their values. Every bad value gets one
// sentence that says what is wrong and what would be right.
import { type ByteString, byteString, KIB, KuraError } from '@kura/base';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { LineLimits } from '../commands/requests.ts';

export interface GlobalOptions {
  readonly json?: true;
  readonly quiet?: true;
  readonly verbose?: true;
  readonly passphraseFile?: string;
  readonly kuraHome?: string;
}

export function addGlobalOptions(program: Command): Command {
  return program
    .option('--json', 'answer in JSON: one document, or one per line')
    .option('-q, --quiet', 'leave out progress and notes')
    .option('-v, --verbose', 'say more; with errors, where they come from')
    .option('--passphrase-file <file>', 'read the passphrase from the first line of a file')
    .option('--kura-home <folder>', 'where the state is (default: $KURA_HOME)');
}

/** For options that may be given several times. */
export function collect(value: string, previous: readonly string[] | undefined): string[] {
  return [...(previous ?? []), value];
}

/** "a,b" given twice is four: `--tag` of a backup. */
export function collectWords(value: string, previous: readonly string[] | undefined): string[] {
  const words = value.split(',').map((word) => word.trim());
  return [...(previous ?? []), ...words.filter((word) => word !== '')];
}

export function wholeNumber(least: number, most: number): (value: string) => number {
  return (value) => {
    const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
    if (number >= least && number <= most) return number;
    throw new InvalidArgumentError(`It is a whole number from ${least} to ${most}.`);
  };
}

/** "5%" or "12.5%" as a share of 1. */
export function percentage(value: string): number {
  const match = /^(\d{1,3}(?:\.\d+)?)%$/.exec(value);
  const share = Number(match?.[1]) / 100;
  if (share >= 0 && share <= 1) return share;
  throw new InvalidArgumentError('It is a percentage from 0% to 100%.');
}

const STEPS: Readonly<Record<string, number>> = { '': 1, k: 1, m: 2, g: 3, t: 4 };

/** "500M", "10GiB", "1000": bytes; steps of 1024. */
export function byteCount(value: string): number {
  const match = /^(\d{1,15}(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?$/i.exec(value);
  const unit = match?.[2]?.toLowerCase() ?? '';
  const bytes = Number(match?.[1]) * (unit === '' ? 1 : 1024 ** (STEPS[unit] ?? 0));
  if (Number.isSafeInteger(Math.floor(bytes))) return Math.floor(bytes);
  throw new InvalidArgumentError('It is a size such as 500M or 10GiB.');
}

export interface LimitOptions {
  readonly limitUpload?: number;
  readonly limitDownload?: number;
}

/** More KiB a second than any line has. */
const MAX_LIMIT_KIB = 100_000_000;

/** Of what goes over the line to a network of others; an embedded network has none. */
export function addLimitOptions(command: Command): Command {
  const limit = wholeNumber(1, MAX_LIMIT_KIB);
  return command
    .addOption(
      new Option('--limit-upload <kib/s>', 'send at most so much a second').argParser(limit),
    )
    .addOption(
      new Option('--limit-download <kib/s>', 'receive at most so much a second').argParser(limit),
    );
}

export function limitsOf({ limitUpload, limitDownload }: LimitOptions): LineLimits {
  const bytes = (kib: number | undefined): number | undefined =>
    kib === undefined ? undefined : kib * KIB;
  return { uploadBytesPerS: bytes(limitUpload), downloadBytesPerS: bytes(limitDownload) };
}

export interface CardOption {
  readonly card?: string;
}

/** For commands that read: with a card, they ask nobody but the stores. */
export function addCardOption(command: Command): Command {
  return command.option(
    '--card <dir>',
    'read with this card alone, whether or not the network is there',
  );
}

export interface MediumOption {
  readonly medium?: readonly string[];
}

/** As `--host`, `--path` and `--tag` are given; what they select: cli/select.ts. */
export interface FilterOptions {
  readonly host?: readonly string[];
  readonly path?: readonly string[];
  readonly tag?: readonly string[];
}

export function addFilterOptions(command: Command): Command {
  return command
    .addOption(
      new Option('-H, --host <name>', 'only snapshots of this machine (may be repeated)').argParser(
        collect,
      ),
    )
    .addOption(
      new Option('--path <path>', 'only snapshots of this path (may be repeated)').argParser(
        collect,
      ),
    )
    .addOption(
      new Option(
        '--tag <tag[,tag…]>',
        'only snapshots with all these tags (repeated: or all those)',
      ).argParser(collect),
    );
}

/** A path inside a snapshot: absolute, without "." and "..", without a slash at its end. */
export function snapshotPath(text: string): ByteString {
  const parts: string[] = [];
  for (const part of text.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') parts.pop();
    else parts.push(part);
  }
  return byteString(`/${parts.join('/')}`);
}

/** "SNAPSHOT" or "SNAPSHOT:PATH". */
export function splitSnapshotPath(text: string): { name: string; path: ByteString } {
  const colon = text.indexOf(':');
  if (colon === -1) return { name: text, path: byteString('/') };
  return { name: text.slice(0, colon), path: snapshotPath(text.slice(colon + 1)) };
}

/** "DIR=CITY", split at the last "=". */
export function splitStore(text: string): { folder: string; place: string } {
  const at = text.lastIndexOf('=');
  if (at <= 0 || at === text.length - 1) {
    throw new KuraError('usage', `"${text}" does not say which folder is in which city`, {
      guidance: 'Write --store FOLDER=CITY, for example --store /mnt/nas=Osaka.',
    });
  }
  return { folder: text.slice(0, at), place: text.slice(at + 1) };
}

/** Of commands that read one network's snapshots. */
export interface ReadingOptions extends FilterOptions, CardOption, MediumOption {}

export function addReadingOptions(command: Command): Command {
  return addCardOption(addFilterOptions(command)).addOption(
    new Option('--medium <dir>', 'read what is on this disk from it, before any store').argParser(
      collect,
    ),
  );
}

/** "2026-01-31", "2026-01-31 12:00", or anything that ISO 8601 allows. */
export function parseTime(text: string): number {
  const timeMs = Date.parse(text.includes('T') ? text : text.replace(' ', 'T'));
  if (!Number.isNaN(timeMs)) return timeMs;
  throw new KuraError('usage', `"${text}" is no time`, {
    guidance: 'Write it as 2026-01-31 or 2026-01-31T12:00.',
  });
}
