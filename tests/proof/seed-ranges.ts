// Seeds of one proof over two processes, because what they play needs a thread of its own. A child is the same script
// with `--range FIRST,STRIDE,COUNT`, and answers with one JSON value.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const PROCESSES = 2;

/** Every `stride`-th seed from `first`, `count` of them. */
export interface SeedRange {
  readonly first: number;
  readonly stride: number;
  readonly count: number;
}

/** `script`: `import.meta.url` of the proof. Rejects if a child fails. */
export function playInChildren<Outcome>(
  script: string,
  { first, count }: Pick<SeedRange, 'first' | 'count'>,
): Promise<readonly Outcome[]> {
  const ranges = Array.from({ length: PROCESSES }, (_, lane) => ({
    first: first + lane,
    stride: PROCESSES,
    count: Math.ceil((count - lane) / PROCESSES),
  }));
  return Promise.all(ranges.map((range) => playInChild<Outcome>(script, range)));
}

function playInChild<Outcome>(
  script: string,
  { first, stride, count }: SeedRange,
): Promise<Outcome> {
  const argv = [fileURLToPath(script), '--range', `${first},${stride},${count}`];
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  const said: Buffer[] = [];
  child.stdout.on('data', (bytes: Buffer) => said.push(bytes));
  const ended = Promise.withResolvers<Outcome>();
  child.once('error', ended.reject);
  child.once('close', (code) => {
    if (code === 0) ended.resolve(JSON.parse(Buffer.concat(said).toString()) as Outcome);
    else ended.reject(new Error(`a process of ${argv[0]} ended with ${code}`));
  });
  return ended.promise;
}

/** In a child: what it was given. */
export function readRange(text: string): SeedRange {
  const [first = 1, stride = 1, count = 0] = text.split(',').map(Number);
  return { first, stride, count };
}

/** In a child: what it has found. */
export function answerParent(outcome: unknown): void {
  process.stdout.write(JSON.stringify(outcome));
}
