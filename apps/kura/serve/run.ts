// The process of a served program: its log on standard error, its signals, and its end. Whatever a program
// still holds when it has ended must not keep the process.
import { asKuraError, systemAlarmClock, systemRandom } from '@kura/base';
import { systemProcesses } from '@kura/coordinator/sessions/processes.ts';
import {
  healthAddressOf,
  JsonLog,
  Metrics,
  type ProgramConfig,
  processSignals,
  runProgram,
} from '@kura/daemon';
import { loadNative, nodeDisk } from '@kura/native';
import { EXIT, exitCodeOf } from '../errors/exit-codes.ts';
import { buildProgram, type ProgramSurroundings } from './programs.ts';
import { lockState, type StateLock } from './state-lock.ts';

/** Of a program that is called `role` in its log. */
export function realSurroundings(
  role: string,
  { isVerbose }: { readonly isVerbose: boolean },
): ProgramSurroundings {
  const clock = systemAlarmClock;
  return {
    clock,
    random: systemRandom,
    disk: nodeDisk,
    native: loadNative(),
    metrics: new Metrics(),
    log: new JsonLog({
      program: role,
      clock,
      level: isVerbose ? 'debug' : 'info',
      write: (line) => {
        process.stderr.write(line);
        tellStarter(line);
      },
    }),
  };
}

/** Of a program that was started over a channel (`kura up`): whoever started it hears what it logs. */
function tellStarter(line: string): void {
  // Whoever is gone hears nothing; that the channel has ended is a signal of its own.
  if (process.connected) process.send?.(line, undefined, undefined, () => undefined);
}

/**
 * The state folder for this process alone; a reader only looks into that of its store. Throws `busy` if another
 * process has it.
 */
export function lockStateOf(
  { role, state: folder }: ProgramConfig,
  { clock, random }: ProgramSurroundings,
): StateLock {
  if (role === 'reader') return { release: () => undefined };
  return lockState({ folder, processes: systemProcesses(), clock, random });
}

/** Serves until a signal says otherwise, and ends the process: its log has said why. */
export async function serveToTheEnd(
  config: ProgramConfig,
  surroundings: ProgramSurroundings,
): Promise<never> {
  const { log, metrics, clock } = surroundings;
  // Outside: what keeps a program from being built is in no log yet, and is told as any command's failure.
  const program = await buildProgram(config, surroundings);
  const lock = lockStateOf(config, surroundings);
  try {
    await runProgram(program, {
      signals: processSignals(process),
      healthAddress: healthAddressOf(config),
      ...{ log, metrics, clock },
    });
    lock.release();
    process.exit(EXIT.done);
  } catch (error) {
    lock.release();
    process.exit(exitCodeOf(asKuraError(error, 'the program failed').code));
  }
}
