// A process made of strings, for tests of the frame: what a command prints, asks and exits with. The
// services behind it answer what the test says and remember what they were asked.
import { byteString, deviceId, KuraError, type SnapshotId } from '@kura/base';
import type { Command } from 'commander';
import type { CommandServices, ServiceSettings } from '../commands/types.ts';
import type { SnapshotView } from '../commands/views.ts';
import type { ExitCode } from '../errors/exit-codes.ts';
import { type Host, runKura, wholeProgram } from './program.ts';

export interface Call {
  readonly method: string;
  readonly argument: unknown;
}

export interface Ran {
  readonly code: ExitCode;
  readonly out: string;
  readonly err: string;
  readonly calls: readonly Call[];
  readonly questions: readonly string[];
  readonly settings: ServiceSettings | undefined;
}

export interface Scene {
  /** Method → its answer, or a function of its argument. */
  readonly answers?: { readonly [Method in keyof CommandServices]?: unknown };
  readonly environment?: Readonly<Record<string, string>>;
  /** What the person types, one answer per question; none: there is no terminal. */
  readonly typed?: readonly string[];
  readonly stdin?: Uint8Array;
  readonly signal?: AbortSignal;
}

/** A CommandServices that answers from a table; what is not in the table is an error. */
function scriptedServices(scene: Scene, calls: Call[]): CommandServices {
  const answer = (method: string, argument: unknown): unknown => {
    calls.push({ method, argument });
    const answers: Readonly<Record<string, unknown>> = { close: undefined, ...scene.answers };
    if (!(method in answers)) throw new KuraError('io', `the test has no answer for ${method}`);
    const value = answers[method];
    return typeof value === 'function' ? value(argument) : value;
  };
  const handler: ProxyHandler<object> = {
    get: (_, method) => {
      // An object with a `then` would be taken for a promise.
      if (typeof method !== 'string' || method === 'then') return undefined;
      return (argument: unknown) => answer(method, argument);
    },
  };
  return new Proxy({}, handler) as CommandServices;
}

interface Heard {
  out: string;
  err: string;
  settings: ServiceSettings | undefined;
  readonly calls: Call[];
  readonly questions: string[];
}

const nothingHeard = (): Heard => ({
  ...{ out: '', err: '', settings: undefined },
  ...{ calls: [], questions: [] },
});

function hostOf(scene: Scene, heard: Heard): Host {
  const typed = [...(scene.typed ?? [])];
  return {
    out: { colour: false, write: (text) => (heard.out += text) },
    err: { colour: false, write: (text) => (heard.err += text) },
    errColumns: undefined,
    clock: { nowMs: () => Date.UTC(2026, 10, 21), elapsedMs: () => 0 },
    terminal: {
      askSecret: async (question) => {
        heard.questions.push(question);
        return typed.shift();
      },
    },
    environment: { KURA_HOME: '/kura-home', ...scene.environment },
    openServices: async (given) => {
      heard.settings = given;
      return scriptedServices(scene, heard.calls);
    },
    writeBytes: async (bytes) => {
      heard.out += Buffer.from(bytes).toString('latin1');
    },
    stdin: async function* () {
      if (scene.stdin !== undefined) yield scene.stdin;
    },
    zoneOffsetMs: () => 0,
    signal: scene.signal ?? new AbortController().signal,
  };
}

export async function run(argv: readonly string[], scene: Scene = {}): Promise<Ran> {
  const heard = nothingHeard();
  const code = await runKura(argv, hostOf(scene, heard));
  return { ...heard, code };
}

/** All commands with their options, none of them called. */
export const wholeCommand = (): Promise<Command> => wholeProgram(hostOf({}, nothingHeard()));

export type SampleChange = Partial<Omit<SnapshotView, 'id'>> & { readonly id: string };

export function sampleSnapshot(change: SampleChange): SnapshotView {
  const { timeMs = Date.UTC(2026, 10, 20) } = change;
  return {
    deviceId: deviceId('d'.repeat(32)),
    timeMs,
    loggedMs: timeMs,
    leafIndex: Math.floor(timeMs / 1000),
    hostname: 'laptop',
    username: 'ann',
    paths: [byteString('/home/ann')],
    tags: [],
    kind: 'full',
    parent: undefined,
    tree: 'aa',
    original: undefined,
    proof: undefined,
    statistics: {
      filesNew: 1,
      filesChanged: 2,
      filesUnmodified: 3,
      dirsNew: 4,
      dirsChanged: 5,
      dirsUnmodified: 6,
      dataAdded: 7,
      dataAddedPacked: 8,
      totalFilesProcessed: 9,
      totalBytesProcessed: 10,
      durationMs: 1500,
    },
    ...change,
    id: change.id.padEnd(64, '0') as SnapshotId,
  };
}
