// The command `kura`: connects the frame to this process. Nothing is loaded here that the command at hand
// does not need.
import { isatty } from 'node:tty';
import { systemClock } from '@kura/base';
import { type Host, runKura } from './cli/program.ts';
import { resolveQuicklyFromNowOn } from './cli/quick-resolve.ts';
import { processTerminal } from './cli/terminal.ts';
import { EXIT } from './errors/exit-codes.ts';
import { BufferedSink } from './output/buffered-sink.ts';
import { wantsColour } from './output/style.ts';

resolveQuicklyFromNowOn();

const { env, stdout, stderr } = process;

const colour = (isTerminal: boolean): boolean =>
  wantsColour({ isTerminal, noColor: env.NO_COLOR, term: env.TERM });

const out = new BufferedSink({
  write: (text) => stdout.write(text),
  colour: colour(isatty(1)),
  isTerminal: isatty(1),
});

/** The first signal asks to end well, the second one does not ask. */
function stopOnSignals(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(EXIT.interrupted);
      if (isatty(2)) stderr.write('\nkura: stopping; once more to stop at once\n');
      controller.abort();
    });
  }
  return controller.signal;
}

function writeBytes(bytes: Uint8Array): Promise<void> {
  out.flush();
  return new Promise((resolve, reject) => {
    stdout.write(bytes, (error) => (error == null ? resolve() : reject(error)));
  });
}

// A reader that has seen enough (`kura ls latest | head`) is no failure.
stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? EXIT.done : EXIT.failed);
});

let stopping: AbortSignal | undefined;

const host: Host = {
  out,
  err: { write: (text) => stderr.write(text), colour: colour(isatty(2)) },
  errColumns: isatty(2) ? () => stderr.columns : undefined,
  clock: systemClock,
  terminal: processTerminal,
  environment: env,
  openServices: async (settings) => {
    const { beginRoot } = await import('./wiring/begin-root.ts');
    const root = beginRoot(settings);
    const { openServices } = await import('./wiring/services.ts');
    return await openServices({ ...settings, root });
  },
  writeBytes,
  stdin: () => process.stdin,
  zoneOffsetMs: (timeMs) => -new Date(timeMs).getTimezoneOffset() * 60_000,
  // Not before something is to be stopped: a program that is served has its own way with signals.
  get signal() {
    stopping ??= stopOnSignals();
    return stopping;
  },
};

process.exitCode = await runKura(process.argv.slice(2), host);
out.flush();
