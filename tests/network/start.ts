// A whole network on this machine, as its operators have it: each program a process of its own from a TOML file, with
// TLS on loopback, founded and enrolled by the commands of an operator. Nothing of Kura is imported here: what a
// test does with it, an operator can do.
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import { describeEnd, type Ended, type Running, runKura, startKura } from '../real/kura.ts';
import { ServedProcess } from './process.ts';

export interface StorePlan {
  /** Also its name here: "store-osaka". */
  readonly city: string;
  readonly kind: 'strict' | 'card-readable';
}

export interface NetworkPlan {
  readonly stores: readonly StorePlan[];
  /** Besides the coordinator, which does the work of one as well. */
  readonly gateways?: number;
}

const HEALTH = '[health]\naddress = "127.0.0.1:0"\n';

export class RunningNetwork {
  readonly folder: string;
  readonly #processes = new Map<string, ServedProcess>();
  /** Of programs that were started once: how they are started again. */
  readonly #commands = new Map<string, readonly string[]>();

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async start(plan: NetworkPlan): Promise<RunningNetwork> {
    const folder = fs.mkdtempSync(`${os.tmpdir()}/kura-network-`);
    const network = new RunningNetwork(folder);
    try {
      await network.#start(plan);
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

  /** An operator's command, which has to succeed. */
  async operator(...argv: string[]): Promise<Ended> {
    return this.#succeed(['operator', ...argv], 'operator');
  }

  /** The command of a member whose home has this name; whether it succeeds is for the caller to say. */
  member(home: string, ...argv: string[]): Promise<Ended> {
    return runKura(argv, { home: `${this.folder}/${home}` });
  }

  /** As `member`, while it is running. */
  memberStarts(home: string, argv: readonly string[]): Running {
    return startKura(argv, { home: `${this.folder}/${home}` });
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
    await this.#succeed(['join', await this.invite(), ...account], home);
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
    const argv = this.#commands.get(name);
    if (argv === undefined) throw new RangeError(`there is no ${name}`);
    const started = new ServedProcess(name, argv);
    this.#processes.set(name, started);
    await started.ready();
    return started;
  }

  /** Ends everything, and leaves nothing behind. */
  async close(): Promise<void> {
    await Promise.all([...this.#processes.values()].map((one) => one.end('SIGKILL')));
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  async #start({ stores, gateways = 0 }: NetworkPlan): Promise<void> {
    const listen = `[listen]\naddress = "${await freeAddress()}"\n`;
    const database = `[database]\nurl = "${this.folder}/network.db"\n`;
    const coordinator = this.#write('coordinator', 'coordinator', [listen, database, HEALTH]);
    const founding = ['--found', '--operator', 'ada', '--json'];
    const founded = await this.#succeed(['serve', ...coordinator, ...founding], 'operator');
    await this.run('coordinator');
    await this.operator('enrol', wordOf(founded));
    for (let number = 1; number <= gateways; number++) {
      await this.#addGateway(`gateway-${number}`, database);
    }
    for (const store of stores) await this.addStore(store);
  }

  async #addGateway(name: string, database: string): Promise<void> {
    const listen = `[listen]\naddress = "${await freeAddress()}"\n`;
    const argv = this.#write(name, 'gateway', [listen, database, HEALTH]);
    const word = wordOf(await this.operator('invite', 'gateway', '--json'));
    await this.#succeed(['serve', ...argv, '--enrol', word], 'operator');
    await this.run(name);
  }

  /** Enrolled, admitted, started, and known to every gateway when this resolves. */
  async addStore({ city, kind }: StorePlan): Promise<void> {
    const isStrict = kind === 'strict';
    const readerAddress = await freeAddress();
    const name = `store-${city}`;
    const shelf = `[shelf]\npath = "${this.folder}/${name}/shelf"\n`;
    const argv = this.#write(name, 'store', [
      isStrict ? '' : `[listen]\naddress = "${await freeAddress()}"\n`,
      shelf,
      `[store]\nkind = "${kind}"\nplace = "${city}"\nline_mbit = 100\ncapacity_gib = 20\n`,
      `operator = "${name}"\n`,
      // A strict store has no port, not even one for its health.
      isStrict ? '' : `reader = "${readerAddress}"\n${HEALTH}`,
    ]);
    const word = wordOf(await this.operator('invite', 'store', '--json'));
    await this.#succeed(['serve', ...argv, '--enrol', word], 'operator');
    const storeId = await this.#storeOf(name);
    await this.operator('stores', 'admit', storeId);
    await this.run(name);
    if (!isStrict) {
      const reader = `[listen]\naddress = "${readerAddress}"\n`;
      this.#write(`reader-${city}`, 'reader', [reader, shelf, HEALTH], name);
      await this.run(`reader-${city}`);
    }
    const gateways = this.names.filter((one) => /^(?:coordinator|gateway)/.test(one));
    const isMet = (line: Readonly<Record<string, unknown>>): boolean =>
      line.event === 'store connected' && line.store === storeId;
    await Promise.all(gateways.map((one) => this.process(one).logged(isMet)));
  }

  async #storeOf(operatorName: string): Promise<string> {
    const { out } = await this.operator('stores', 'list', '--json');
    const row = recordsOf(out).find(({ operator }) => operator === operatorName);
    return String(row?.store_id);
  }

  /** Writes the file of a program, and notes how it is started. The state of a reader is its store's. */
  #write(name: string, role: string, sections: readonly string[], state = name): string[] {
    const file = `${this.folder}/${name}.toml`;
    const top = `role = "${role}"\nstate = "${this.folder}/${state}/state"\n`;
    fs.mkdirSync(`${this.folder}/${state}/state`, { recursive: true, mode: 0o700 });
    fs.writeFileSync(file, [top, ...sections].join(''));
    const argv = [role, '--config', file];
    this.#commands.set(name, argv);
    return argv;
  }

  async #succeed(argv: readonly string[], home: string): Promise<Ended> {
    const ended = await runKura(argv, { home: `${this.folder}/${home}` });
    if (ended.code !== 0) throw new Error(describeEnd(ended));
    return ended;
  }
}

export function startNetwork(plan: NetworkPlan): Promise<RunningNetwork> {
  return RunningNetwork.start(plan);
}

/** The records of a command with `--json`: a list, or one object a line. */
export function recordsOf(out: string): readonly Readonly<Record<string, unknown>>[] {
  const text = out.trim();
  if (text.startsWith('[')) return JSON.parse(text) as Readonly<Record<string, unknown>>[];
  return text.split('\n').map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
}

function wordOf({ out }: Ended): string {
  const word = recordsOf(out).find(({ invitation }) => typeof invitation === 'string');
  if (word === undefined) throw new Error(`there is no invitation in ${out}`);
  return String(word.invitation);
}

/** One that nobody listens on. Another program may take it before it is used: then that says so. */
function freeAddress(): Promise<string> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const bound = server.address();
      const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
      server.close(() => resolve(`127.0.0.1:${port}`));
    });
  });
}
