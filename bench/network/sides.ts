// The two sides of the comparison: a network of Kura's programs with two stores, and a repository behind an HTTPS
// server, both on this machine and both over TLS. Each saves and gives back the same folders.
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { systemClock, systemRandom } from '@kura/base';
import { foundAuthority, issue, newRequest } from '@kura/certificates';
import { freePort } from '@kura/tests/network/free-port.ts';
import { type RunningNetwork, startNetwork } from '@kura/tests/network/start.ts';
import { KURA, PASSPHRASE } from '@kura/tests/real/kura.ts';
import { type Command, runPlain } from '../measure.ts';

export interface Side {
  readonly name: 'kura' | 'restic';
  backup(source: string): Command;
  /** The newest snapshot; it lies below `target` under its absolute path. */
  restore(target: string): Command;
  /** CPU seconds of its servers until now, by name. */
  servers(): ReadonlyMap<string, number>;
  close(): Promise<void>;
}

const HOME = 'grace';
const TICKS_PER_SECOND = 100;

function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

class KuraSide implements Side {
  readonly name = 'kura';
  readonly #network: RunningNetwork;

  constructor(network: RunningNetwork) {
    this.#network = network;
  }

  backup(source: string): Command {
    return this.#command('backup', source, '--quiet');
  }

  restore(target: string): Command {
    return this.#command('restore', 'latest', '--target', target, '--quiet');
  }

  servers(): ReadonlyMap<string, number> {
    const { names } = this.#network;
    return new Map(names.map((name) => [name, cpuSeconds(this.#network.process(name).pid)]));
  }

  close(): Promise<void> {
    return this.#network.close();
  }

  #command(...argv: string[]): Command {
    const { folder } = this.#network;
    const env = { KURA_HOME: `${folder}/${HOME}`, KURA_PASSPHRASE: PASSPHRASE };
    return { argv: [KURA, ...argv], env, cwd: folder };
  }
}

/** Coordinator with the work of a gateway, and two stores with readers: two copies of everything, over TLS. */
export async function startKura(): Promise<Side> {
  const network = await startNetwork({
    stores: [
      { city: 'osaka', kind: 'card-readable' },
      { city: 'frankfurt', kind: 'card-readable' },
    ],
  });
  await network.join(HOME);
  return new KuraSide(network);
}

export interface ResticPrograms {
  readonly restic: string;
  readonly rclone: string;
}

class ResticSide implements Side {
  readonly name = 'restic';
  readonly #program: string;
  readonly #server: ChildProcess;
  readonly #url: string;
  readonly #folder: string;

  constructor(program: string, server: ChildProcess, at: { url: string; folder: string }) {
    this.#program = program;
    this.#server = server;
    this.#url = at.url;
    this.#folder = at.folder;
  }

  init(): void {
    runPlain(this.#command('init', '-q'));
  }

  backup(source: string): Command {
    return this.#command('backup', '-q', source);
  }

  restore(target: string): Command {
    return this.#command('restore', '-q', 'latest', '--target', target);
  }

  servers(): ReadonlyMap<string, number> {
    return new Map([['rclone', cpuSeconds(this.#server.pid ?? 0)]]);
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#server.once('exit', resolve));
    this.#server.kill('SIGKILL');
    await ended;
  }

  #command(...argv: string[]): Command {
    const env = { RESTIC_PASSWORD: PASSPHRASE, RESTIC_CACHE_DIR: join(this.#folder, 'cache') };
    const where = ['--cacert', join(this.#folder, TLS_FILES.root), '-r', this.#url];
    return { argv: [this.#program, ...where, ...argv], env, cwd: this.#folder };
  }
}

const LOOPBACK = '127.0.0.1';
const TLS_FILES = { root: 'root.pem', certificate: 'server.pem', key: 'server-key.pem' } as const;

/** A certificate of the kind that Kura's programs have, for a server of anybody. */
function writeCertificate(folder: string): void {
  const made = { nowMs: systemClock.nowMs(), random: systemRandom };
  const network = 'ee'.repeat(16);
  const authority = foundAuthority(network, made);
  const { keyPem, request } = newRequest(systemRandom);
  const name = { role: 'coordinator', network, id: 'c0'.repeat(16) } as const;
  const certificate = issue(authority, { request, name, hosts: [LOOPBACK], ...made });
  writeFileSync(join(folder, TLS_FILES.root), authority.certificatePem);
  writeFileSync(join(folder, TLS_FILES.certificate), certificate);
  writeFileSync(join(folder, TLS_FILES.key), keyPem, { mode: 0o600 });
}

/** One copy, over TLS. */
export async function startRestic(programs: ResticPrograms, folder: string): Promise<Side> {
  const port = await freePort();
  writeCertificate(folder);
  const listen = ['--addr', `${LOOPBACK}:${port}`];
  const tls = ['--cert', join(folder, TLS_FILES.certificate), '--key', join(folder, TLS_FILES.key)];
  const argv = ['serve', 'restic', ...listen, ...tls, join(folder, 'repository')];
  const server = spawn(programs.rclone, argv, { cwd: folder, stdio: 'ignore' });
  process.once('exit', () => server.kill('SIGKILL'));
  await untilListening(port);
  const url = `rest:https://${LOOPBACK}:${port}/`;
  const side = new ResticSide(programs.restic, server, { url, folder });
  side.init();
  return side;
}

async function untilListening(port: number): Promise<void> {
  for (;;) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = net.connect(port, LOOPBACK);
      socket.once('connect', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
    if (isOpen) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
