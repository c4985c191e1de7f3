// One backup between its lines, its walk and its tables: everything up to the point where all data is in
// recorded packs and the root folder has a name. Committing is not here.
import { type ByteString, displayName, KuraError, type PackId, type SessionId } from '@kura/base';
import type { ContentEntry, TreeEntry } from '@kura/format';
import type { FileStatus } from '@kura/native';
import { Lease } from '../lease.ts';
import type { Reading } from '../read/reading.ts';
import type { StoredSnapshot } from '../snapshots/snapshot-store.ts';
import { type BackupCounts, noCounts } from './counts.ts';
import { asProblem, entryWithContent, type FolderContent } from './entries.ts';
import { FolderCloser } from './folder-closer.ts';
import type { Line, LineWork } from './line/tasks.ts';
import type { BackupOptions, BackupProblem, StreamSource } from './options.ts';
import type { PackRecorder } from './pack-recorder.ts';
import { patientStream } from './patient-stream.ts';
import { isUntouched } from './plan/base-folder.ts';
import { Dispatcher, type FileOutcome } from './plan/dispatcher.ts';
import { FolderNode } from './plan/folder-node.ts';
import { FolderPacker } from './plan/folder-packer.ts';
import { HardLinks } from './plan/hard-links.ts';
import { isLarge, saveLargeFile } from './plan/large-file.ts';
import { lookUp } from './plan/named-paths.ts';
import { PackUse } from './plan/pack-use.ts';
import { PathTrie } from './plan/path-trie.ts';
import { ResumeNotes } from './plan/resume-notes.ts';
import { Standing } from './plan/standing.ts';
import { type FileToRead, Walker } from './plan/walker.ts';
import type { BackupPorts } from './ports.ts';
import { saveStream } from './save-stream.ts';

export interface BackupRunOptions {
  readonly options: BackupOptions;
  readonly ports: BackupPorts;
  readonly session: SessionId;
  readonly reading: Reading;
  readonly recorder: PackRecorder;
  readonly base: StoredSnapshot | undefined;
}

/** How often a walk over untouched files says where it is. */
const PROGRESS_FILES = 1000;
const ROOT_PATH = '/' as ByteString;
const NOTES_KEY_BYTES = 32;

export class BackupRun {
  readonly counts: BackupCounts = noCounts();
  readonly problems: BackupProblem[] = [];
  readonly #run: BackupRunOptions;
  readonly #use: PackUse;
  readonly #standing: Standing;
  readonly #resume: ResumeNotes;
  readonly #hardLinks = new HardLinks();
  readonly #lease: Lease;
  #lines: readonly Line[] = [];
  #folders: FolderPacker | undefined;
  #largeFiles: Promise<void>[] = [];
  #filesSeen = 0;
  #bytesDone = 0;
  #isWalkDone = false;
  #currentPath = '' as ByteString;

  constructor(run: BackupRunOptions) {
    this.#run = run;
    const { ports, session, reading } = run;
    const { clock, coordinator, disk, home, keys, random, shape } = ports;
    this.#use = new PackUse({ catalogue: reading.catalogue, coordinator, session });
    this.#standing = new Standing({ ...reading, use: this.#use });
    const folder = home.resumeFolder;
    // Another lock has other names for the same chunks: notes of one are sealed to a key that nobody keeps.
    const localKey = ports.lock === undefined ? keys.localKey : random.bytes(NOTES_KEY_BYTES);
    this.#resume = new ResumeNotes({ disk, folder, localKey, random, shape });
    this.#lease = new Lease({ coordinator, session, clock });
  }

  get usedPacks(): readonly PackId[] {
    return this.#use.packIds();
  }

  /** The line that packs folders. */
  get folderLine(): Line {
    const [line] = this.#lines;
    if (line === undefined) throw new KuraError('io', 'no line of work could be opened');
    return line;
  }

  get folders(): FolderPacker {
    if (this.#folders === undefined) throw new KuraError('io', 'the backup has not begun');
    return this.#folders;
  }

  /** Saves all files and folders; resolves with the root page when all data packs are recorded. */
  async collect(): Promise<ContentEntry> {
    const { ports, session, reading, recorder, options } = this.#run;
    const paths = options.stream === undefined ? this.#namedPaths() : [];
    if (!options.dryRun) {
      this.#lines = await ports.lines.open({
        session,
        hangUp: options.hangUp ?? 'late',
        table: reading.table,
        markedPacks: this.#use.markedNumbers(),
        rescue: (number) => this.#use.rescue(number),
        onFinished: (pack) => recorder.add(pack),
      });
    }
    const closer = this.#openFolders();
    if (options.stream !== undefined) return await this.#collectStream(options.stream);
    const dispatcher = new Dispatcher({
      lines: this.#lines,
      onWork: (done) => this.#worked(done.work, done.bytesRead),
    });
    await this.#walk(paths, { dispatcher, closer });
    await ports.ahead?.end();
    this.#isWalkDone = true;
    dispatcher.walkDone();
    await dispatcher.drain();
    await Promise.all(this.#largeFiles);
    await this.folders.flush();
    this.#resume.flush();
    await Promise.all(this.#lines.map((line) => line.finishData()));
    await recorder.settled();
    return closer.root;
  }

  async #collectStream(stream: StreamSource): Promise<ContentEntry> {
    const { ports, reading, recorder } = this.#run;
    const { keys, shape, clock, native, alarms } = ports;
    const root = await saveStream({
      stream:
        alarms === undefined
          ? stream
          : patientStream(stream, { alarms, onWait: () => this.#wait() }),
      nowMs: clock.nowMs(),
      line: this.folderLine,
      folders: this.folders,
      table: reading.table,
      use: this.#use,
      counts: this.counts,
      onSaved: (bytes) => this.#advance(bytes),
      keys,
      bulk: native.bulk,
      shape,
    });
    await this.folders.flush();
    await Promise.all(this.#lines.map((line) => line.finishData()));
    await recorder.settled();
    return root;
  }

  /** The snapshot is committed: nothing is left to resume. */
  finished(): void {
    this.#resume.discard();
  }

  async abort(): Promise<void> {
    this.#resume.close();
    for (const line of this.#lines) await line.abort();
  }

  #openFolders(): FolderCloser {
    const { ports, reading } = this.#run;
    const { native, shape, keys } = ports;
    const folders = new FolderPacker({
      shape,
      bulk: native.bulk,
      chunkIdKeys: keys.chunkIdKeys,
      table: reading.table,
      send: async (frame) => {
        if (this.#lines.length > 0) await this.folderLine.pack(frame);
      },
      onUsed: (number) => this.#use.add(number),
      mayUse: (number) => !this.#use.isMarked(number),
    });
    this.#folders = folders;
    const isStanding = ({ content }: FolderContent): boolean => this.#standing.pages(content);
    return new FolderCloser({ folders, posix: native.posix, shape, isStanding });
  }

  /** Those that are there; the others are told. Nothing has been begun when none is. */
  #namedPaths(): readonly ByteString[] {
    const { options, ports } = this.#run;
    const { present, missing } = lookUp(options.paths, ports.native.posix);
    for (const path of missing) this.#problem(path, 'it does not exist');
    return present;
  }

  async #walk(
    named: readonly ByteString[],
    tools: { readonly dispatcher: Dispatcher; readonly closer: FolderCloser },
  ): Promise<void> {
    const { ports, options, base, reading } = this.#run;
    const { posix } = ports.native;
    const { dispatcher, closer } = tools;
    const walker = new Walker({
      posix,
      source: ports.ahead?.over(posix),
      backup: options,
      counts: this.counts,
      steps: {
        basePages: (folder) => reading.trees.pages(folder),
        isStanding: (cursor) => this.#standing.file(cursor),
        resumed: (path, name, status) => this.#resumed(path, name, status),
        readFile: (file) => this.#readFile(file, dispatcher, closer),
        folderWalked: (node) => closer.closeIfComplete(node),
        problem: (path, error) => this.#problem(path, asProblem(error).why),
        seen: (path) => this.#seen(path),
        stayAlive: () => this.#stayAlive(),
      },
    });
    const status = posix.status(ROOT_PATH);
    if (status === undefined) throw new KuraError('io', 'the root folder cannot be read');
    const root = new FolderNode({
      name: ROOT_PATH,
      path: ROOT_PATH,
      status,
      parent: undefined,
      untouched: undefined,
      base: base === undefined ? undefined : rootEntry(base.snapshot.root, status),
    });
    await walker.walk(root, PathTrie.of(named));
  }

  #readFile(
    file: FileToRead,
    dispatcher: Dispatcher,
    closer: FolderCloser,
  ): Promise<void> | undefined {
    const { ports, options } = this.#run;
    const { native, shape } = ports;
    const done = (outcome: FileOutcome): void => {
      this.#fileDone(file, outcome);
      file.node.fill(file.slot, outcome.bytes);
      closer.closeIfComplete(file.node);
    };
    const { path, name, status } = file;
    const finish = this.#hardLinks.join(file, done);
    if (finish === undefined) return undefined;
    if (options.dryRun) {
      this.counts.bytesAdded += status.sizeBytes;
      finish({ bytes: new Uint8Array(0), problem: undefined });
      return undefined;
    }
    if (!isLarge(status, shape)) {
      return dispatcher.file({ path, name, sizeBytes: status.sizeBytes, finish });
    }
    const { posix } = native;
    const areStanding = (content: readonly ContentEntry[]): Promise<boolean> =>
      this.#standing.chunks(content);
    const work = { dispatcher, folders: this.folders, resume: this.#resume };
    const tools = { ...work, posix, shape, areStanding };
    const saving = saveLargeFile({ path, name, status }, tools).then(finish);
    // Waited for at the end; but what is no problem of this one file ends the backup at once.
    saving.catch((error: unknown) => dispatcher.fail(error));
    this.#largeFiles.push(saving);
    return undefined;
  }

  #fileDone(file: FileToRead, outcome: FileOutcome): void {
    if (outcome.problem !== undefined) this.#problem(file.path, outcome.problem.why);
    if (outcome.bytes === undefined) {
      if (file.isNew) this.counts.filesNew--;
      else this.counts.filesChanged--;
      return;
    }
    this.counts.filesProcessed++;
    this.counts.bytesProcessed += file.status.sizeBytes;
    if (outcome.problem === undefined) this.#resume.noteFile(file.path, outcome.bytes);
  }

  #resumed(path: ByteString, name: ByteString, status: FileStatus): Uint8Array | undefined {
    const cursor = this.#resume.file(path, name);
    if (cursor === undefined || cursor.isList || !isUntouched(cursor, status)) return undefined;
    if (this.#standing.file(cursor) !== true) return undefined;
    const bytes = cursor.entryBytes.slice();
    this.#resume.noteFile(path, bytes);
    return bytes;
  }

  async #worked(work: LineWork, bytesRead: number): Promise<void> {
    this.counts.bytesAdded += work.bytesAdded;
    for (const number of work.packsUsed) this.#use.add(number);
    await this.#advance(bytesRead);
  }

  async #advance(bytesRead: number): Promise<void> {
    this.#bytesDone += bytesRead;
    this.#report();
    const { table } = this.#run.reading;
    if (table.needsSegment) {
      const segment = table.grow();
      for (const line of this.#lines) await line.adopt(segment);
    }
    await this.#stayAlive();
  }

  /**
   * Also where nothing is read: a walk over untouched files, or a stream that is silent, may last longer than a
   * lease.
   */
  #stayAlive(): Promise<void> | undefined {
    if (!this.#lease.isDue) return undefined;
    this.#resume.flush();
    return this.#lease.renewIfDue();
  }

  async #wait(): Promise<void> {
    this.#report();
    await this.#stayAlive();
  }

  #seen(path: ByteString): void {
    this.#filesSeen++;
    this.#currentPath = path;
    if (this.#filesSeen % PROGRESS_FILES === 0) this.#report();
  }

  #report(): void {
    const { filesProcessed, bytesProcessed } = this.counts;
    this.#run.ports.onProgress?.({
      filesDone: filesProcessed,
      bytesDone: Math.max(bytesProcessed, this.#bytesDone),
      filesTotal: this.#isWalkDone ? this.#filesSeen : undefined,
      bytesTotal: undefined,
      currentPath: displayName(this.#currentPath),
    });
  }

  #problem(path: ByteString, why: string): void {
    const problem = { path, why };
    this.problems.push(problem);
    this.#run.ports.onProblem?.(problem);
  }
}

/** The base's root folder, which has no entry of its own. */
function rootEntry(root: ContentEntry, status: FileStatus): TreeEntry {
  const attributes = { attributes: [], isIncomplete: false };
  const content = { content: [root], isList: false };
  return entryWithContent({ name: ROOT_PATH, status, attributes, content });
}
