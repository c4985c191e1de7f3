// How an error reaches a person or a script: one sentence and its remedy, or one line of JSON. Whatever is
// not a KuraError is a defect of Kura, and is said to be one.
import { asKuraError, errnoOf, KuraError } from '@kura/base';
import type { Sink } from '../output/output.ts';
import { paint, renderLine } from '../output/style.ts';
import { type ExitCode, exitCodeOf } from './exit-codes.ts';

export interface PrintOptions {
  readonly json: boolean;
  /** Adds causes and the stack. */
  readonly verbose: boolean;
}

export const DEFECT_GUIDANCE =
  'This is a defect of Kura. Run it again with --verbose, and report what it prints.';

/** Every thrown thing as the one shape. */
export function toKuraError(thrown: unknown): KuraError {
  if (thrown instanceof KuraError) return thrown;
  if (errnoOf(thrown) !== undefined) return asKuraError(thrown, 'the system refused');
  if (isModuleMissing(thrown)) {
    return new KuraError('unsupported', 'this installation of Kura is incomplete', {
      guidance: 'Run `npm install` in the folder of Kura.',
      cause: thrown,
    });
  }
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  return new KuraError('io', `something unexpected happened: ${reason}`, {
    guidance: DEFECT_GUIDANCE,
    cause: thrown,
  });
}

function isModuleMissing(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'ERR_MODULE_NOT_FOUND';
}

function causesOf(error: Error): string[] {
  const lines: string[] = [];
  for (let cause = error.cause; cause instanceof Error; cause = cause.cause) {
    lines.push(`caused by ${cause.name}: ${cause.message}`);
  }
  return lines;
}

/** Writes the error to standard error and says what the process exits with. */
export function printError(thrown: unknown, sink: Sink, options: PrintOptions): ExitCode {
  const error = toKuraError(thrown);
  const exitCode = exitCodeOf(error.code);
  if (options.json) {
    const { code, message, guidance } = error;
    const record = { code, message, guidance: guidance ?? '', exit_code: exitCode };
    sink.write(`${JSON.stringify({ error: record })}\n`);
    return exitCode;
  }
  const lines = [`${paint('bad', 'kura:')} ${error.message}`];
  if (error.guidance !== undefined) lines.push(`      ${error.guidance}`);
  if (options.verbose) {
    const facts = Object.entries(error.context).map(([key, value]) => `${key}=${value}`);
    if (facts.length > 0) lines.push(paint('faint', facts.join(' ')));
    lines.push(...causesOf(error).map((line) => paint('faint', line)));
    const stack = (error.cause instanceof Error ? error.cause : error).stack ?? '';
    lines.push(...stack.split('\n').map((line) => paint('faint', line)));
  }
  for (const line of lines) sink.write(`${renderLine(line, { colour: sink.colour })}\n`);
  return exitCode;
}
