// What a command is, and what it asks of the work behind it. Commands parse and show; they compute nothing
// that a service should. The services know nothing of arguments, terminals, JSON or exit codes.
import type { ByteString, Clock, SnapshotId } from '@kura/base';
import type { Root } from '@kura/member-seal';
import type { Command } from 'commander';
import type { AuditPort } from '../audit/port.ts';
import type { CardOption, MediumOption } from '../cli/options.ts';
import type { Secrets } from '../cli/passphrase.ts';
import type { Terminal } from '../cli/terminal.ts';
import type { ExitCode } from '../errors/exit-codes.ts';
import type { HazardsPort } from '../hazards/port.ts';
import type { IncidentsPort } from '../incidents/port.ts';
import type { MembershipPort } from '../member/port.ts';
import type { MovesPort } from '../moves/port.ts';
import type { Output } from '../output/output.ts';
import type { ProgressSink } from '../output/progress.ts';
import type { ReceiptsPort } from '../receipts/port.ts';
import type { RemovalsDesk, RetentionView } from '../removals/port.ts';
import type { RewriteRequest, Rewriting } from '../rewrite/port.ts';
import type { StampsPort } from '../stamps/port.ts';
import type { WitnessesPort } from '../witnesses/port.ts';
import type * as card from './card-views.ts';
import type * as request from './requests.ts';
import type * as view from './views.ts';

/** Everything that the commands need done. `apps/kura/wiring` connects it to agent and coordinator. */
export interface CommandServices {
  // ── A network ─────────────────────────────────────────────────────────────────────────────────
  init(request: request.InitRequest): Promise<view.NetworkView>;
  join(request: request.JoinRequest): Promise<view.NetworkView>;
  joinFurther(request: request.FurtherDeviceRequest): Promise<view.NetworkView>;
  /** The name of the account. */
  login(request: request.LoginRequest): Promise<string>;
  adopt(request: request.AdoptRequest): Promise<view.AdoptionView>;
  recover(request: request.RecoverRequest): Promise<view.RecoveryView>;

  // ── Saving ────────────────────────────────────────────────────────────────────────────────────
  backup(request: request.BackupRequest): Promise<view.BackupView>;

  // ── Looking ───────────────────────────────────────────────────────────────────────────────────
  /** All of this member, the oldest first. */
  snapshots(): Promise<readonly view.SnapshotView[]>;
  /** The entry at `path` ("/" is the root), or `not_found`. */
  entry(snapshot: SnapshotId, path: ByteString): Promise<view.NodeView>;
  /** What a folder holds, by name; `isDeep`: with everything below, parents first. */
  list(request: request.ListRequest): AsyncIterable<view.NodeView>;
  diff(request: request.DiffRequest): AsyncIterable<view.ChangeView>;
  /** The packs that a snapshot needs, or all of them. */
  copies(snapshot: SnapshotId | undefined): AsyncIterable<view.PackView>;
  /** Which stores hold a pack, asked of the stores. */
  findPack(request: request.FindPackRequest): Promise<card.FoundPackView>;
  stats(request: request.StatsRequest): Promise<view.StatsView>;
  journal(limit: number): Promise<readonly view.JournalView[]>;
  /** Restores files of it into scratch space, compares, removes them, and notes the proof. */
  drill(request: request.DrillRequest): Promise<view.DrilledView>;
  /** What the network shows of the history, against what is known here; takes over what is new. */
  history(): Promise<view.HistoryView>;
  receipts(): Promise<ReceiptsPort>;
  /** Row D16: the same approved by timestamp authorities. */
  stamps(): Promise<StampsPort>;
  /** Who witnesses the log, and whom this home believes. */
  witnesses(): Promise<WitnessesPort>;

  // ── Getting back ──────────────────────────────────────────────────────────────────────────────
  restore(request: request.RestoreRequest): Promise<view.RestoreView>;
  /** Calls `write` with the verified content of one file, in order. */
  dump(request: request.DumpRequest): Promise<void>;

  // ── Caring ────────────────────────────────────────────────────────────────────────────────────
  check(request: request.CheckRequest): Promise<view.CheckView>;
  /** What repair would do, as far as the last `check` of this object found. */
  planRepair(): Promise<view.RepairPlanView>;
  repair(): Promise<view.RepairView>;
  forget(snapshots: readonly SnapshotId[]): Promise<void>;
  removals(): Promise<RemovalsDesk>;
  retention(snapshots: readonly view.SnapshotView[]): Promise<RetentionView>;
  prune(request: request.PruneRequest): Promise<view.PruneView>;
  /** What would go from these snapshots, and then the act; throws `refused` for what must not. */
  rewriting(request: RewriteRequest): Promise<Rewriting>;
  /** Each snapshot gets a successor with other tags; resolves to old and new ids. */
  tag(request: request.TagRequest): Promise<readonly view.TagView[]>;
  cache(): Promise<view.CacheView>;
  clearCache(): Promise<view.CacheView>;
  rebuildCache(): Promise<view.CacheView>;

  // ── Keys ──────────────────────────────────────────────────────────────────────────────────────
  member(): Promise<view.MemberView>;
  changePassphrase(newPassphrase: string): Promise<void>;
  /** Of a home that belongs to a network of others; else `unsupported`. */
  card(): Promise<card.CardView>;
  copyCard(folder: string): Promise<card.CardCopyView>;
  /** A card that can only read, under another passphrase. */
  copyReadingCard(copy: {
    readonly folder: string;
    readonly passphrase: string;
  }): Promise<card.CardCopyView>;
  /** To another folder, which the home uses from then on. */
  moveCard(folder: string): Promise<card.CardCopyView>;
  /** The home uses the card that is there from then on. */
  useCard(folder: string): Promise<void>;
  verifyCard(): Promise<card.VerifiedCardView>;
  /** The card states the level that the network holds from then on. */
  acceptLevel(): Promise<{ readonly before: number; readonly now: number }>;
  /** Another key on the card: every copy of it with the old one opens nothing any more. */
  renewCard(): Promise<void>;
  /** What this card knows, to a network that was rebuilt; `finishes`: it waits no longer. */
  giveBack(finishes: boolean): Promise<card.GivenBackView>;

  // ── Membership ────────────────────────────────────────────────────────────────────────────────
  /** In a network of others; else `unsupported`. */
  membership(): Promise<MembershipPort>;

  recoveryWords(language: request.WordLanguage): Promise<string>;

  // ── Dangers ───────────────────────────────────────────────────────────────────────────────────
  /** What the network says of them to its member; else `unsupported`. */
  hazards(): Promise<HazardsPort>;
  /** The same of moves. */
  moves(): Promise<MovesPort>;
  /** Carries out what is due, in an embedded network; else `unsupported`. */
  runMoves(): Promise<view.MovesRunView>;
  /** What the network says of its audits to its member; else `unsupported`. */
  audits(): Promise<AuditPort>;
  /** So many random places of the member's own copies at each store. */
  auditMine(places: number): Promise<view.OwnAuditView>;
  /** Audits what is due, in an embedded network; else `unsupported`. */
  runAudits(isWholeRound: boolean): Promise<view.AuditRunView>;

  /** What the network says of incidents to its member; else `unsupported`. */
  incidents(): Promise<IncidentsPort>;
  /** Judges those that are due, in an embedded network; else `unsupported`. Resolves to how many. */
  judgeIncidents(): Promise<number>;

  close(): Promise<void>;
}

export interface ServiceSettings {
  /** Absolute: KURA_HOME. */
  readonly home: string;
  /** Absolute: a card that is all there is; undefined: the home says what there is. */
  readonly card: string | undefined;
  /** Absolute: disks that were sent, to be read before any store. */
  readonly media: readonly string[];
  readonly secrets: Secrets;
  /** On its way already, if the passphrase is known without asking. */
  readonly root?: Promise<Root> | undefined;
  readonly progress: ProgressSink;
  /** Where the usual variables of a proxy are. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Aborted when the person wants to stop: end soon, leave things whole, throw `interrupted`. */
  readonly signal: AbortSignal;
  /** Something that the person should know and that does not end the command. */
  readonly warn: (message: string) => void;
}

/** Opens nothing that is not needed: no passphrase is asked for before a method wants it. */
export type OpenServices = (settings: ServiceSettings) => Promise<CommandServices>;

/** What a command may use. */
export interface CommandContext {
  readonly output: Output;
  /** For what takes long without the services, which have it as well. */
  readonly progress: ProgressSink;
  readonly clock: Clock;
  readonly home: string;
  readonly terminal: Terminal;
  /** What `--exclude-file` and the like may refer to. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Bytes for standard output, waiting while it is full: for `dump`. */
  readonly writeBytes: (bytes: Uint8Array) => Promise<void>;
  /** Standard input, for `--stdin` and lists given as "-". */
  readonly stdin: () => AsyncIterable<Uint8Array>;
  /** Milliseconds east of UTC at that time, where this person is. */
  readonly zoneOffsetMs: (timeMs: number) => number;
  /** The services, opened once; closed by the frame. `card`: of a command that reads with a card alone. */
  services(reading?: CardOption & MediumOption): Promise<CommandServices>;
  /** All commands with all their options: for completion. */
  wholeProgram(): Promise<Command>;
  /** Ends with this code although nothing was thrown. The last call wins. */
  exitWith(code: ExitCode): void;
}

/** Gives `command`, which has its name already, arguments, options, help and what it does. */
export type Register = (command: Command, context: CommandContext) => void;

export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  readonly group: CommandGroup;
  readonly load: () => Promise<{ readonly register: Register }>;
}

export const COMMAND_GROUPS = [
  'Begin:',
  'Save and get back:',
  'Look:',
  'Care:',
  'Run a network:',
  'Keys and help:',
] as const;
export type CommandGroup = (typeof COMMAND_GROUPS)[number];
