// A whole network on this machine, as its operators have it: each program a process of its own from a TOML file, with
// TLS on loopback, founded and enrolled by the commands of an operator. Nothing of Kura's own code is used here: what a
// test does with it, an operator can do.
import fs from 'node:fs';
import os from 'node:os';
import { FaultProxy } from '@kura/testing/fault-proxy.ts';
import { describeEnd, type Ended, type Running, runKura, startKura } from '../real/kura.ts';
import { freePort } from './free-port.ts';
import { type NetworkPlan, type Sections, type StorePlan, shelfSection, toml } from './plan.ts';
import { type ServedCommand, ServedProcess } from './process.ts';
import { recordsOf, wordOf } from './records.ts';

const LOOPBACK = '127.0.0.1';
const HEALTH = { address: `${LOOPBACK}:0` };
/** What one coordinator has, and every other one of its network needs. */
const SHARED_STATE = ['secrets', 'authority.pem'] as const;

interface Listen extends Readonly<Record<string, string | undefined>> {
  readonly address: string;
  /** If it is another: of what stands before the program. */
  readonly public?: string;
}

export class RunningNetwork {
  readonly folder: string;
  readonly #plan: NetworkPlan;
  readonly #processes = new Map<string, ServedProcess>();
  /** Of programs that were started once: how they are started again. */
  readonly #commands = new Map<string, ServedCommand>();
  readonly #lines = new Map<string, FaultProxy>();
  readonly #ports = new Map<string, number>();
  #invitations = 0;

  private constructor(plan: NetworkPlan) {
    this.#plan = plan;
    this.folder = fs.mkdtempSync(`${os.tmpdir()}/kura-network-`);
  }

  static async start(plan: NetworkPlan): Promise<RunningNetwork> {
    const network = new RunningNetwork(plan);
    try {
      await network.#setUp();
    } catch (error) {
      await network.close();
      throw error;
    }
    return network;
  }

  /** "coordinator", "gateway-1", "store-osaka", "reader-osaka". */
  process(name: string): ServedProcess {
    const found = this.#processes.get(name);
    if (found === undefined) throw new RangeError(`there is no ${name}`);
    return found;
  }

  get names(): readonly string[] {
    return [...this.#processes.keys()];
  }

  /** What stands before programs, by their names; coordinators that share one are "coordinators". */
  get lines(): ReadonlyMap<string, FaultProxy> {
    return this.#lines;
  }

  /** Where a program listens for others. */
  portOf(name: string): number {
    const found = this.#ports.get(name);
    if (found === undefined) throw new RangeError(`${name} does not listen`);
    return found;
  }

  /** An operator's command, which has to succeed. */
  async operator(...argv: string[]): Promise<Ended> {
    return this.#succeed(['operator', ...argv], 'operator');
  }

  /** The command of a member whose home has this name; whether it succeeds is for the caller to say. */
  member(home: string, ...argv: string[]): Promise<Ended> {
    return this.memberStarts(home, argv).ended;
  }

  /** As `member`, while it is running. */
  memberStarts(home: string, argv: readonly string[], limitMs?: number): Running {
    const limit = limitMs === undefined ? {} : { limitMs };
    return startKura(argv, { home: `${this.folder}/${home}`, ...this.#startOf(home), ...limit });
  }

  /** One word that a person can join with. */
  async invite(plan = 'standard'): Promise<string> {
    return wordOf(await this.operator('members', 'invite', '--plan', plan, '--json'));
  }

  /** A person whose home has this name becomes a member. */
  async join(home: string, city = 'Tokyo'): Promise<void> {
    const login = `${this.folder}/${home}.login`;
    fs.writeFileSync(login, 'another passphrase, to log in\n');
    const account = ['--account', home, '--home', city, '--login-passphrase-file', login];
    await this.#succeed(['join', ...this.#wordFile(await this.invite()), ...account], home);
  }

  /** An invitation as a person hands it to a command: never among the arguments. */
  #wordFile(word: string): readonly string[] {
    const file = `${this.folder}/invitation-${this.#invitations++}`;
    fs.writeFileSync(file, `${word}\n`, { mode: 0o600 });
    return ['--invitation-file', file];
  }

  /** At once, with `kill -9`. */
  async kill(name: string): Promise<void> {
    await this.process(name).end('SIGKILL');
  }

  /** As an operator's machine stops it; its exit code. */
  stop(name: string): Promise<number | null> {
    return this.process(name).end('SIGTERM');
  }

  /** Resolves when it is ready; also again after it has ended. */
  async run(name: string): Promise<ServedProcess> {
    const command = this.#commands.get(name);
    if (command === undefined) throw new RangeError(`there is no ${name}`);
    const started = new ServedProcess(name, command);
    this.#processes.set(name, started);
    await started.ready();
    return started;
  }

  /** Ends everything, and leaves nothing behind. */
  async close(): Promise<void> {
    await Promise.all([...this.#processes.values()].map((one) => one.end('SIGKILL')));
    await Promise.all([...this.#lines.values()].map((line) => line.close()));
    this.#plan.finish?.();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  async #setUp(): Promise<void> {
    const { coordinators = 1, gateways = 0, witnesses = 0, stores } = this.#plan;
    if (coordinators === 1) {
      await this.#found({ listen: await this.#listen('coordinator'), ...this.#gatewaySection() });
    }
    if (coordinators !== 1) await this.#foundSeveral(coordinators);
    // Before anything is in the log, so that every receipt is witnessed.
    await Promise.all(named('witness', witnesses).map((name) => this.addWitness(name)));
    const enrolling = Promise.all(stores.map((store) => this.#enrolStore(store)));
    await Promise.all(named('gateway', gateways).map((name) => this.#addGateway(name)));
    await this.#startStores(await enrolling);
  }

  /** Founded, started, and asked by the network from now on. */
  async addWitness(name: string): Promise<void> {
    const listed = await this.operator('witnesses', 'list', '--json');
    const log = recordsOf(listed.out).find((record) => record.message_type === 'log');
    const logs = `${this.folder}/${name}.logs`;
    fs.writeFileSync(logs, `${String(log?.key)}\n`);
    const { address, public: reached = address } = await this.#listen(name);
    const sections = { listen: { address }, witness: { name: `${name}.example`, logs } };
    const argv = this.#write(name, 'witness', { ...sections, health: HEALTH });
    const founded = await this.#succeed(['serve', ...argv, '--found', '--json'], 'operator');
    const key = recordsOf(founded.out).find((record) => record.message_type === 'founded')?.key;
    await this.run(name);
    const asked = ['--key', String(key), '--url', `http://${reached}`];
    await this.operator('witnesses', 'add', name, ...asked);
  }

  async #foundSeveral(count: number): Promise<void> {
    const ports = await Promise.all(Array.from({ length: count }, freePort));
    const addresses = ports.map((port) => `${LOOPBACK}:${port}`);
    const before = await FaultProxy.open(addresses);
    this.#lines.set('coordinators', before);
    const gateway = { enabled: false };
    for (const [index, address] of addresses.entries()) {
      const sections = { listen: { address, public: before.address }, gateway };
      if (index === 0) await this.#found(sections);
      else await this.#addCoordinator(`coordinator-${index + 1}`, sections);
    }
  }

  async #found(sections: Sections): Promise<void> {
    const argv = this.#write('coordinator', 'coordinator', { ...sections, ...this.#database() });
    const founding = ['--found', '--operator', 'ada', '--json'];
    const founded = await this.#succeed(['serve', ...argv, ...founding], 'operator');
    await this.run('coordinator');
    await this.operator('enrol', ...this.#wordFile(wordOf(founded)));
  }

  async #addCoordinator(name: string, sections: Sections): Promise<void> {
    this.#write(name, 'coordinator', { ...sections, ...this.#database() });
    for (const part of SHARED_STATE) {
      const from = `${this.folder}/coordinator/state/${part}`;
      fs.cpSync(from, `${this.folder}/${name}/state/${part}`, { recursive: true });
    }
    await this.run(name);
  }

  async #addGateway(name: string): Promise<void> {
    const listen = await this.#listen(name);
    const sections = { listen, ...this.#gatewaySection(), ...this.#database() };
    const argv = this.#write(name, 'gateway', sections);
    const word = wordOf(await this.operator('invite', 'gateway', '--json'));
    await this.#succeed(['serve', ...argv, ...this.#wordFile(word)], 'operator');
    await this.run(name);
  }

  /** Enrolled, admitted, started, and known to every gateway when this resolves. */
  async addStore(plan: StorePlan): Promise<void> {
    await this.#startStores([await this.#enrolStore(plan)]);
  }

  /** A candidate from then on. */
  async #enrolStore(plan: StorePlan): Promise<StorePlan> {
    const { city, kind } = plan;
    const isStrict = kind === 'strict';
    const name = `store-${city}`;
    const shelf = shelfSection(plan, `${this.folder}/${name}/shelf`);
    const reader = isStrict ? undefined : await this.#listen(`reader-${city}`);
    const facts = { kind, place: city, line_mbit: 100, capacity_gib: 20, operator: name };
    const argv = this.#write(name, 'store', {
      shelf,
      store: { ...facts, reader: reader?.public ?? reader?.address },
      // A strict store has no port, not even one for its health.
      ...(isStrict ? {} : { listen: await this.#listen(name), health: HEALTH }),
    });
    if (reader !== undefined) {
      const { nearby: address } = plan;
      const nearby = address === undefined ? {} : { nearby: { address } };
      const sections = { listen: reader, shelf, health: HEALTH, ...nearby };
      this.#write(`reader-${city}`, 'reader', sections, name);
    }
    const word = wordOf(await this.operator('invite', 'store', '--json'));
    await this.#succeed(['serve', ...argv, ...this.#wordFile(word)], 'operator');
    return plan;
  }

  async #startStores(plans: readonly StorePlan[]): Promise<void> {
    if (plans.length === 0) return;
    const rows = recordsOf((await this.operator('stores', 'list', '--json')).out);
    await Promise.all(
      plans.map(async ({ city, kind }) => {
        const name = `store-${city}`;
        const store = String(rows.find(({ operator }) => operator === name)?.store_id);
        await this.operator('stores', 'admit', store);
        await this.run(name);
        if (kind === 'card-readable') await this.run(`reader-${city}`);
        await Promise.all(this.#gateways().map((one) => this.#meets(one, store)));
      }),
    );
  }

  async #meets(gateway: string, store: string): Promise<void> {
    await this.process(gateway).logged(
      (line) => line.event === 'store connected' && line.store === store,
    );
  }

  /** Programs that do the work of one. */
  #gateways(): readonly string[] {
    const hasOwn = (this.#plan.coordinators ?? 1) === 1;
    return this.names.filter((one) => (hasOwn && one === 'coordinator') || /^gateway/.test(one));
  }

  #gatewaySection(): Sections {
    const { gateway } = this.#plan;
    return gateway === undefined ? {} : { gateway };
  }

  #database(): Sections {
    const url = this.#plan.databaseUrl ?? `${this.folder}/coordinator/network.db`;
    return { database: { url }, health: HEALTH };
  }

  async #listen(name: string): Promise<Listen> {
    const host = this.#plan.machineOf?.(name).host ?? LOOPBACK;
    const port = await freePort();
    const address = `${host}:${port}`;
    this.#ports.set(name, port);
    if (this.#plan.hasFaultyLines !== true) return { address };
    const line = await FaultProxy.open([address]);
    this.#lines.set(name, line);
    return { address, public: line.address };
  }

  /** Writes the file of a program, and notes how it is started. The state of a reader is its store's. */
  #write(name: string, role: string, sections: Sections, home = name): string[] {
    const folder = `${this.folder}/${home}`;
    if (!fs.existsSync(folder)) {
      fs.mkdirSync(folder, { mode: 0o700 });
      this.#plan.prepare?.(home, folder);
    }
    const state = `${folder}/state`;
    fs.mkdirSync(state, { recursive: true, mode: 0o700 });
    const file = `${this.folder}/${name}.toml`;
    fs.writeFileSync(file, toml({ role, state }, sections));
    const argv = [role, '--config', file];
    this.#commands.set(name, { argv, ...this.#startOf(home) });
    return argv;
  }

  /** How whatever belongs to this name is started. */
  #startOf(name: string): Required<Omit<ServedCommand, 'argv'>> {
    const { environmentOf, machineOf } = this.#plan;
    return { environment: environmentOf?.(name) ?? {}, through: machineOf?.(name).through ?? [] };
  }

  async #succeed(argv: readonly string[], home: string): Promise<Ended> {
    const ended = await runKura(argv, { home: `${this.folder}/${home}`, ...this.#startOf(home) });
    if (ended.code !== 0) throw new Error(describeEnd(ended));
    return ended;
  }
}

/** "gateway-1" and so on. */
function named(role: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${role}-${index + 1}`);
}

export function startNetwork(plan: NetworkPlan): Promise<RunningNetwork> {
  return RunningNetwork.start(plan);
}
