// The whole network of `kura up`: founds it in an empty folder, as an operator would, starts its programs in the order
// in which they find each other at once, and ends them in the order in which nothing under way is cut.
import { type AlarmClock, KuraError, MINUTE_MS, type Random } from '@kura/base';
import { parseInvitation } from '@kura/certificates/invitation.ts';
import { WITNESS_ENDPOINTS } from '@kura/contract/wire/endpoints/log.ts';
import { OPERATOR_ENDPOINTS } from '@kura/contract/wire/endpoints/operator.ts';
import { loadProgram, type ProgramConfig } from '@kura/daemon';
import { nodeDisk } from '@kura/native';
import { asOperator, enrolOperator, type OperatorConnection } from '../operator/connection.ts';
import { newInvitation } from '../operator/invite.ts';
import {
  enrolProgram,
  foundNetwork,
  foundWitness,
  type ProgramSurroundings,
} from '../serve/programs.ts';
import { FreeAddresses } from './free-addresses.ts';
import { type PlannedProgram, planPrograms } from './plan.ts';
import { type LoggedLine, ServedProcess } from './served-process.ts';
import type { UpFolder, UpProgram } from './up-folder.ts';

/** Of the network that is founded. */
export const UP_OPERATOR = 'ada';
export const UP_PLAN = 'standard';
const UP_COPIES = 2;
/** A gateway finds a store that it does not know within seconds; one that never comes does not keep the rest. */
const MEET_MS = 5 * MINUTE_MS;

export interface UpOptions {
  readonly folder: UpFolder;
  /** Of a network that is founded now. */
  readonly gateways: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly surroundings: ProgramSurroundings;
  readonly clock: AlarmClock;
  readonly random: Random;
  /** A program has ended, and nobody had asked it to. */
  readonly onDeath: (name: string, code: number | null) => void;
}

export interface RunningProgram extends UpProgram {
  readonly pid: number | undefined;
  /** "127.0.0.1:41234" of its health pages; undefined: it has none. */
  readonly health: string | undefined;
}

export class UpNetwork {
  readonly #options: UpOptions;
  readonly #processes = new Map<string, ServedProcess>();
  readonly #running = new Map<string, RunningProgram>();
  /** Gateway → stores that it is connected to. */
  readonly #met = new Map<string, Set<unknown>>();
  #noteMet: () => void = () => undefined;
  #stopped: Promise<void> | undefined;
  #isStopping = false;

  constructor(options: UpOptions) {
    this.#options = options;
  }

  get running(): readonly RunningProgram[] {
    return [...this.#running.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Founded if need be, every program ready, every store known to every gateway. Throws what keeps it from that. */
  async start(): Promise<void> {
    const { folder } = this.#options;
    const programs = folder.programs() ?? (await this.#found());
    const ranked = programs.map((program) => ({
      program,
      rank: startRank(this.#configOf(program)),
    }));
    for (const rank of new Set(ranked.map((one) => one.rank).toSorted())) {
      const next = ranked.filter((one) => one.rank === rank);
      await Promise.all(next.map(({ program }) => this.#run(program)));
    }
    await this.#untilMet(programs);
  }

  /** Of all; resolves when the last has ended. */
  async ended(): Promise<void> {
    await Promise.all([...this.#processes.values()].map((one) => one.ended));
  }

  /** Gateways first, so that packs on their way arrive; the coordinator last. */
  stop(): Promise<void> {
    this.#isStopping = true;
    this.#stopped ??= this.#stopInOrder();
    return this.#stopped;
  }

  async #stopInOrder(): Promise<void> {
    const programs = this.running.map(({ name, role }) => ({ name, rank: STOP_RANKS[role] }));
    // One that is not ready yet is in the list of processes only.
    const early = [...this.#processes.keys()].filter((name) => !this.#running.has(name));
    const all = [...programs, ...early.map((name) => ({ name, rank: 0 }))];
    for (const rank of new Set(all.map((one) => one.rank).toSorted())) {
      const names = all.filter((one) => one.rank === rank).map(({ name }) => name);
      const now = names.flatMap((name) => this.#processes.get(name) ?? []);
      for (const one of now) one.stop();
      await Promise.all(now.map((one) => one.ended));
    }
  }

  /** Loses nothing that was acknowledged: they bear it at any moment. */
  stopAtOnce(): void {
    this.#isStopping = true;
    for (const one of this.#processes.values()) one.kill();
  }

  /** A word that makes a member. */
  inviteMember(): Promise<{ readonly invitation: string; readonly untilMs: number }> {
    return this.#asOperator((connection) =>
      newInvitation(connection, { purpose: 'member', planId: UP_PLAN }),
    );
  }

  #configOf({ name }: UpProgram): ProgramConfig {
    // Whatever the environment says is for other programs.
    return loadProgram(this.#options.folder.fileOf(name), {}).value;
  }

  async #found(): Promise<readonly UpProgram[]> {
    const { folder, gateways } = this.#options;
    const addresses = new FreeAddresses(this.#options.random);
    const planning = planPrograms({ gateways, operator: UP_OPERATOR, nextAddress: addresses.next });
    const programs = await planning.finally(() => addresses.close());
    try {
      for (const program of programs) folder.write(program);
      await this.#bringTogether(programs);
      folder.finish(programs);
      return programs;
    } catch (error) {
      await this.stop();
      folder.clear();
      throw error;
    }
  }

  async #bringTogether(programs: readonly PlannedProgram[]): Promise<void> {
    const { folder, surroundings } = this.#options;
    const coordinator = { name: 'coordinator', role: 'coordinator' } as const;
    const founding = { copies: UP_COPIES, operator: UP_OPERATOR };
    const word = await foundNetwork(this.#configOf(coordinator), founding, surroundings);
    await this.#run(coordinator);
    await enrolOperator(parseInvitation(word), folder.operatorHome, this.#around);
    await this.#asOperator(async (connection) => {
      await this.#foundWitnesses(connection, programs);
      for (const program of programs) {
        const { role: purpose } = program;
        if (purpose !== 'gateway' && purpose !== 'store') continue;
        this.#goOn();
        const { invitation } = await newInvitation(connection, { purpose });
        await enrolProgram(this.#configOf(program), invitation, surroundings);
      }
      await admitAll(connection);
    });
  }

  /** Before anything is in the log, so that every receipt is witnessed. */
  async #foundWitnesses(
    { client }: OperatorConnection,
    programs: readonly PlannedProgram[],
  ): Promise<void> {
    const { folder, surroundings } = this.#options;
    const { logKey } = await client.call(WITNESS_ENDPOINTS.witnesses, {});
    folder.writeLogs(logKey);
    for (const program of programs) {
      const config = this.#configOf(program);
      if (config.role !== 'witness') continue;
      const verifierKey = await foundWitness(config, surroundings);
      await this.#run(program);
      const body = { verifierKey, url: `http://${config.listen.address}` };
      await client.call(WITNESS_ENDPOINTS.addWitness, { params: { witness: program.name }, body });
    }
  }

  async #run({ name, role }: UpProgram): Promise<void> {
    this.#goOn();
    if (this.#processes.has(name)) return;
    const { folder, environment, clock, onDeath } = this.#options;
    const started = new ServedProcess({
      name,
      argv: [role, '--config', folder.fileOf(name)],
      logFile: folder.logOf(name),
      onLine: (line) => this.#hear(name, line),
      ...{ environment, clock },
    });
    this.#processes.set(name, started);
    const { address } = await started.ready();
    const health = typeof address === 'string' ? address : undefined;
    this.#running.set(name, { name, role, pid: started.pid, health });
    void started.ended.then((code) => {
      this.#running.delete(name);
      if (!this.#isStopping) onDeath(name, code);
    });
  }

  #hear(name: string, { event, store }: LoggedLine): void {
    if (event !== 'store connected') return;
    const met = this.#met.get(name) ?? new Set();
    this.#met.set(name, met.add(store));
    this.#noteMet();
  }

  /** A backup that begins before would find too few stores. */
  async #untilMet(programs: readonly UpProgram[]): Promise<void> {
    const gateways = programs.filter(({ role }) => role === 'gateway');
    const { stores } = await this.#asOperator(({ client }) =>
      client.call(OPERATOR_ENDPOINTS.stores, {}),
    );
    // One that was retired, or is lost, may never come.
    const expected = stores.filter(({ state }) => state === 'active' || state === 'unreachable');
    const isDone = (): boolean =>
      gateways.every(({ name }) =>
        expected.every(({ identity }) => this.#met.get(name)?.has(identity.storeId)),
      );
    await new Promise<void>((resolve) => {
      const disarm = this.#options.clock.after(MEET_MS, resolve);
      this.#noteMet = () => {
        if (!isDone()) return;
        disarm();
        resolve();
      };
      this.#noteMet();
    });
  }

  #goOn(): void {
    if (this.#isStopping) throw new KuraError('interrupted', 'the network was not started');
  }

  get #around() {
    const { clock, random } = this.#options;
    return { disk: nodeDisk, clock, random };
  }

  #asOperator<T>(work: (connection: OperatorConnection) => Promise<T>): Promise<T> {
    return asOperator(this.#options.folder.operatorHome, this.#around, work);
  }
}

/**
 * Whoever is looked for comes before whoever looks: coordinator and witnesses, readable stores, gateways, strict ones.
 */
function startRank(config: ProgramConfig): number {
  if (config.role === 'coordinator' || config.role === 'witness') return 0;
  if (config.role === 'store') return config.store.kind === 'strict' ? 3 : 1;
  return 2;
}

const STOP_RANKS = { gateway: 0, store: 1, reader: 1, coordinator: 2, witness: 3 } as const;

async function admitAll({ client }: OperatorConnection): Promise<void> {
  const { stores } = await client.call(OPERATOR_ENDPOINTS.stores, {});
  for (const { identity, state } of stores) {
    if (state !== 'candidate') continue;
    const body = { state: 'active', minimumLevel: undefined } as const;
    await client.call(OPERATOR_ENDPOINTS.setStore, { params: { store: identity.storeId }, body });
  }
}
