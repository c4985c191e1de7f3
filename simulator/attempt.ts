// Runs one command of the program in a process of its own and says how it ended. A command may succeed, fail
// with a typed error, or die with its process; anything else is a violation, as is one that never ends.
import { asKuraError, errnoOf, KuraError } from '@kura/base';
import { CrashSignal } from '@kura/testing';
import { type Fault, type Life, MAX_CALLS } from './life.ts';
import type { Machine } from './machine.ts';
import { Violation } from './model.ts';
import type { Site } from './mortal-disk.ts';
import { type Program, startProgram } from './program.ts';

export type Outcome<Value> =
  | { readonly kind: 'done'; readonly value: Value; readonly life: Life }
  | { readonly kind: 'failed'; readonly error: KuraError; readonly isStruck: boolean }
  | { readonly kind: 'crashed' };

export interface Attempt<Value> {
  readonly name: string;
  readonly fault?: Fault;
  /** Another home than the machine's: nothing in it but what the stores say. */
  readonly home?: Site;
  readonly work: (program: Program) => Promise<Value>;
}

/** Rounds of the event loop without a single call, after which nobody is working any more. */
const MAX_IDLE_ROUNDS = 50;

/** Rejections that nobody waited for: in the real program each would end the process. */
const strays: unknown[] = [];
let isListening = false;

export async function attempt<Value>(
  machine: Machine,
  { name, work, fault, home = machine.home }: Attempt<Value>,
): Promise<Outcome<Value>> {
  listenForStrays();
  const life = machine.begin(fault);
  try {
    const running = startProgram(machine, life, home).then(work);
    const value = await ended(running, { name, life });
    return life.isDead ? crashed(life, name) : { kind: 'done', value, life };
  } catch (error) {
    if (error instanceof Violation) throw error;
    if (life.isDead || error instanceof CrashSignal) return crashed(life, name);
    if (error instanceof KuraError || errnoOf(error) !== undefined) {
      return { kind: 'failed', error: asKuraError(error, name), isStruck: life.isStruck };
    }
    throw new Violation(`${name} ended with an error that is not typed`, error);
  } finally {
    machine.end(life);
  }
}

/** To be called when no command runs: a rejection that nobody saw, of a process that had not died. */
export function takeStray(): unknown {
  return strays.splice(0).find((stray) => !(stray instanceof CrashSignal));
}

function crashed(life: Life, name: string): { readonly kind: 'crashed' } {
  if (life.calls > MAX_CALLS) throw new Violation(`${name} goes on without end`);
  return { kind: 'crashed' };
}

async function ended<Value>(
  running: Promise<Value>,
  { name, life }: { readonly name: string; readonly life: Life },
): Promise<Value> {
  let isEnded = false;
  const end = (): void => {
    isEnded = true;
  };
  running.then(end, end);
  let calls = -1;
  for (let idle = 0; idle < MAX_IDLE_ROUNDS; idle++) {
    await new Promise<void>((resume) => setImmediate(resume));
    if (isEnded) return running;
    if (life.calls !== calls) idle = 0;
    calls = life.calls;
  }
  // A dead process may leave promises behind that nobody keeps.
  if (life.isDead) throw new CrashSignal();
  throw new Violation(`${name} waits for something that never comes`);
}

function listenForStrays(): void {
  if (isListening) return;
  isListening = true;
  process.on('unhandledRejection', (reason) => strays.push(reason));
}
