// Which logs a witness serves: a text with one verifier key a line, as their operators publish them, alone or after
// the word "log" as in a tlog-policy. Empty lines and lines that begin with "#" are for people.
import { KuraError } from '@kura/base';
import { type LogKey, parseVerifierKey } from '@kura/log';

const MAX_LOGS = 1024;
export const MAX_LOGS_BYTES = 256 * 1024;

/** By origin. Throws `usage`, naming the line. */
export function parseKnownLogs(text: string): ReadonlyMap<string, LogKey> {
  const logs = new Map<string, LogKey>();
  for (const [index, line] of text.split('\n').entries()) {
    const key = line.trim().replace(/^log\s+/, '');
    if (key === '' || key.startsWith('#')) continue;
    const refuse = (why: string, cause?: unknown): never => {
      throw new KuraError('usage', `line ${index + 1} of the known logs: ${why}`, {
        guidance: 'Each line is the verifier key of a log, as its operator publishes it.',
        cause,
      });
    };
    try {
      const { name, publicKey } = parseVerifierKey(key, 'ed25519');
      if (logs.has(name)) refuse(`the log ${name} stands there twice`);
      logs.set(name, { origin: name, publicKey });
    } catch (error) {
      if (error instanceof KuraError && error.code === 'refused') refuse(error.message, error);
      throw error;
    }
    if (logs.size > MAX_LOGS) refuse(`a witness serves at most ${MAX_LOGS} logs`);
  }
  return logs;
}
