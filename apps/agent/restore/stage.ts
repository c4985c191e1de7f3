// The second step: makes everything that the plan says in the staging folder, content and attributes,
// while the target stays as it is. Files go to the writers in batches; folders, links and special files
// are made here. What this file system cannot hold is reported and left out.
import { type ByteString, KuraError } from '@kura/base';
import type { TreeEntry } from '@kura/format/types.ts';
import type { AttributeSetter } from './attribute-setter.ts';
import { BatchBuilder } from './batch-builder.ts';
import { Dispatcher } from './dispatcher.ts';
import { checkEntries } from './entry-check.ts';
import type { BatchOutcome } from './file-batch.ts';
import { type HardLinks, isLinked } from './hard-links.ts';
import { isLarge, LargeFile } from './large-file.ts';
import { LinkStager } from './link-stager.ts';
import { rootOf } from './locate.ts';
import { Mirror } from './mirror.ts';
import { CREATE, REPLACE, type RestorePlan } from './plan.ts';
import {
  type FileWriters,
  type RestoreOptions,
  type RestorePorts,
  throwIfStopped,
} from './ports.ts';
import { isNameProblem, type ProblemList, reasonOf } from './problems.ts';
import { makeSpecial } from './special-files.ts';
import type { Staging } from './staging.ts';

export interface StageOptions {
  readonly options: RestoreOptions;
  readonly ports: RestorePorts;
  readonly plan: RestorePlan;
  readonly links: HardLinks;
  readonly staging: Staging;
  readonly writers: FileWriters;
  readonly problems: ProblemList;
  readonly setter: AttributeSetter;
}

/** Files of several parts that are open at once. */
const MAX_OPEN_LARGE = 64;

export class Stager {
  readonly #given: StageOptions;
  readonly #setter: AttributeSetter;
  readonly #dispatcher: Dispatcher;
  readonly #builder: BatchBuilder;
  readonly #mirror: Mirror;
  readonly #linkStager: LinkStager;
  #large: LargeFile[] = [];
  #bytes = 0;
  #entries = 0;

  constructor(given: StageOptions) {
    const { ports, plan, problems, staging, setter } = given;
    const { posix, content } = ports;
    this.#given = given;
    this.#setter = setter;
    this.#dispatcher = new Dispatcher(given.writers);
    this.#builder = new BatchBuilder({
      namesOf: (folder) => plan.names(folder),
      locate: content.locate?.bind(content),
      syncsFiles: posix.syncFileSystem === undefined,
    });
    this.#mirror = new Mirror({ posix, plan, staging, problems, setter });
    this.#linkStager = new LinkStager({ posix, plan, staging, problems });
  }

  /** Resolves when all is staged; on failure nothing writes any more. */
  async run(): Promise<Mirror> {
    try {
      for (const index of this.#given.plan.order) {
        throwIfStopped(this.#given.ports.signal);
        await this.#stageFolder(index);
      }
      await this.#flush();
      await this.#dispatcher.drain();
      for (const refused of this.#linkStager.run()) this.#lose(refused);
      this.#mirror.finish();
      return this.#mirror;
    } catch (error) {
      // The first failure counts; this only waits for writers that are still at work.
      await this.#dispatcher.drain().catch(() => undefined);
      throw error;
    } finally {
      for (const file of this.#large) file.close();
    }
  }

  async #stageFolder(index: number): Promise<void> {
    const { plan, ports, options } = this.#given;
    const record = plan.folder(index);
    if (!record.isNeeded || (record.isThere && record.stagedCount === 0)) return;
    if (!this.#mirror.make(index)) {
      this.#loseFolder(index);
      return;
    }
    if (record.stagedCount === 0) return;
    const children = index === plan.rootIndex ? rootOf(options.root).children : undefined;
    const read = record.entry === undefined ? [] : await ports.tree.entries(record.entry);
    const entries = children ?? read;
    checkEntries(entries, plan.shownPath(index));
    if (entries.length !== record.entryCount) {
      throw new KuraError('corrupt', 'a folder of the snapshot changed while it was restored');
    }
    for (const [position, entry] of entries.entries()) {
      const decision = plan.decision(record.firstDecision + position);
      if (decision === CREATE || decision === REPLACE) await this.#stage(index, entry, decision);
    }
  }

  async #stage(folder: number, entry: TreeEntry, decision: number): Promise<void> {
    const { links } = this.#given;
    if (isLinked(entry)) {
      const role = links.roleOf(entry);
      if (typeof role === 'object') {
        this.#linkStager.add({ folder, name: entry.name, primary: role.primary, decision });
        return;
      }
      if (role === 'first') links.setPrimary(entry, folder, entry.name);
    }
    if (entry.type !== 'file') this.#stageSpecial(folder, entry, decision);
    else if (isLarge(entry)) await this.#stageLarge(folder, entry, decision);
    else if (this.#builder.add({ folder, entry, decision })) await this.#flush();
  }

  #stageSpecial(folder: number, entry: TreeEntry, decision: number): void {
    const { plan, ports, staging, options } = this.#given;
    const names = plan.names(folder);
    const parent = staging.staged.open(names);
    const refusal = makeSpecial({
      posix: ports.posix,
      folder: parent,
      entry,
      owners: options.owners,
    });
    if (refusal !== undefined) {
      this.#refuse(plan.shownPath(folder, entry.name), refusal);
      this.#lose(decision);
      return;
    }
    this.#setter.at(names, entry.name);
    this.#setter.special(parent, entry.name, entry);
    this.#entries++;
  }

  async #stageLarge(folder: number, entry: TreeEntry, decision: number): Promise<void> {
    const { plan, ports, staging } = this.#given;
    const { posix, content } = ports;
    const names = plan.names(folder);
    let file: number;
    try {
      file = posix.createFileAt(staging.staged.open(names), entry.name);
    } catch (error) {
      if (!isNameProblem(error)) throw error;
      this.#refuse(plan.shownPath(folder, entry.name), reasonOf(error));
      this.#lose(decision);
      return;
    }
    const large = new LargeFile({
      posix,
      content,
      dispatcher: this.#dispatcher,
      setter: this.#setter,
      folder: names,
      entry,
      file,
      isDurable: decision === REPLACE && posix.syncFileSystem === undefined,
      whenPartDone: (outcome) => this.#note(outcome, 0),
    });
    this.#large.push(large);
    await large.submit();
    this.#entries++;
    if (this.#large.length >= MAX_OPEN_LARGE) await this.#dispatcher.drain();
    this.#large = this.#large.filter(({ isClosed }) => !isClosed);
  }

  async #flush(): Promise<void> {
    for (const { batch, decisions } of this.#builder.take()) {
      throwIfStopped(this.#given.ports.signal);
      await this.#dispatcher.submit(batch, (outcome) => {
        for (const job of outcome.refused) this.#lose(decisions[job] ?? CREATE);
        this.#note(outcome, batch.jobs.length);
      });
    }
  }

  #note(outcome: BatchOutcome, entries: number): void {
    const { ports, plan, problems } = this.#given;
    problems.addAll(outcome.problems, outcome.problemCount);
    this.#bytes += outcome.bytes;
    this.#entries += entries;
    ports.progress?.({
      phase: 'stage',
      entries: this.#entries,
      totalEntries: plan.counts.restored + plan.counts.updated,
      bytes: this.#bytes,
      totalBytes: plan.dataBytes,
    });
  }

  get bytes(): number {
    return this.#bytes;
  }

  #refuse(path: ByteString, reason: string): void {
    this.#given.problems.report(path, 'not_restored', `not restored: ${reason}`);
  }

  /** An entry that was planned and will not be there. */
  #lose(decision: number): void {
    const { counts } = this.#given.plan;
    if (decision === CREATE) counts.restored--;
    else counts.updated--;
    counts.skipped++;
  }

  #loseFolder(index: number): void {
    const { plan } = this.#given;
    const record = plan.folder(index);
    this.#lose(record.replaces ? REPLACE : CREATE);
    for (let position = 0; position < record.entryCount; position++) {
      const decision = plan.decision(record.firstDecision + position);
      if (decision === CREATE || decision === REPLACE) this.#lose(decision);
    }
  }
}
