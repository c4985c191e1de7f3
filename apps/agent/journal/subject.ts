// What a session was about, as a line of the journal that only its member opens (docs/design/members.md): JSON of at
// most `MAX_LINE_TEXT_BYTES`. What has no room is left out, and said to be.
import { displayName, KuraError, type Random, type SessionId, utf8 } from '@kura/base';
import type { CoordinatorPort } from '@kura/contract';
import {
  MAX_LINE_TEXT_BYTES,
  openJournalLine,
  type ReadingKeys,
  type SavingKeys,
  sealJournalLine,
} from '@kura/member-seal';
import type { BackupOptions } from '../backup/options.ts';
import {
  isOfRestore,
  isRestoreSubject,
  type RestoreSubject,
  shortened,
} from './restore-subject.ts';

export type SessionSubject = BackupSubject | RestoreSubject;

export interface BackupSubject {
  readonly hostname: string;
  readonly paths: readonly string[];
  /** Paths that the line had no room for. */
  readonly morePaths: number;
  readonly tags: readonly string[];
  /** Nothing was to be stored. */
  readonly isDryRun: boolean;
}

type SubjectOptions = Pick<BackupOptions, 'hostname' | 'paths' | 'stream' | 'tags' | 'dryRun'>;

export function subjectOf({ hostname, paths, stream, tags, dryRun }: SubjectOptions) {
  const all = stream === undefined ? paths : [stream.path];
  return fitting({
    ...{ hostname, paths: all.map(displayName), morePaths: 0, tags: [...tags] },
    isDryRun: dryRun,
  });
}

/** The beginning of the paths; tags go first, and a name that is longer than all is cut. */
function fitting(subject: BackupSubject): BackupSubject {
  let fit = subject;
  while (!fits(fit)) {
    const { paths, tags, morePaths, hostname } = fit;
    if (tags.length > 0) fit = { ...fit, tags: tags.slice(0, -1) };
    else if (paths.length > 1) {
      fit = { ...fit, paths: paths.slice(0, -1), morePaths: morePaths + 1 };
    } else if (hostname.length > CUT) fit = { ...fit, hostname: cut(hostname) };
    else fit = { ...fit, paths: paths.map(cut) };
  }
  return fit;
}

/** Characters, each six bytes in JSON at the most: two such texts fit into a line. */
const CUT = 60;
const cut = (text: string): string => `${[...text].slice(0, CUT - 1).join('')}…`;

const fits = (subject: SessionSubject): boolean =>
  utf8(JSON.stringify(subject)).length <= MAX_LINE_TEXT_BYTES;

export async function noteSubject(
  subject: SessionSubject,
  session: SessionId,
  of: {
    readonly coordinator: Pick<CoordinatorPort, 'noteSession'>;
    readonly keys: Pick<SavingKeys, 'epoch' | 'publicKeys'>;
    readonly random: Random;
  },
): Promise<void> {
  const { coordinator, keys, random } = of;
  const text = JSON.stringify(isOfRestore(subject) ? shortened(subject, fits) : subject);
  await coordinator.noteSession(session, sealJournalLine({ text, session, keys, random }));
}

/** Undefined for a line that does not open, or is of a later version: the entry stands without. */
export function readSubject(
  line: Uint8Array,
  { session, keys }: { readonly session: SessionId; readonly keys: ReadingKeys },
): SessionSubject | undefined {
  try {
    const json: unknown = JSON.parse(openJournalLine(line, { session, keys }));
    if (typeof json !== 'object' || json === null) return undefined;
    return isBackupSubject(json) || isRestoreSubject(json) ? json : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    if (error instanceof KuraError && error.code === 'corrupt') return undefined;
    throw error;
  }
}

function isBackupSubject(json: object): json is BackupSubject {
  const { hostname, paths, morePaths, tags, isDryRun } = json as Record<string, unknown>;
  const areTexts = (value: unknown) =>
    Array.isArray(value) && value.every((one) => typeof one === 'string');
  return (
    typeof hostname === 'string' &&
    typeof morePaths === 'number' &&
    typeof isDryRun === 'boolean' &&
    areTexts(paths) &&
    areTexts(tags)
  );
}
