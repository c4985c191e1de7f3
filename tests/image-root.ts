// The root of the container image, made without a container engine from what packaging/Dockerfile says: its files and
// links, Node with the libraries that it is linked to, and nothing else. What npm would install is linked from here.
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** As the Dockerfile has it. */
const INSTALLED_AT = '/opt/kura';

interface Locked {
  readonly dev?: boolean;
  readonly link?: boolean;
}

export class ImageRecipe {
  /** Of instructions, with continued lines joined. */
  readonly #lines: readonly string[];

  constructor() {
    const text = readFileSync(join(ROOT, 'packaging/Dockerfile'), 'utf8').replaceAll('\\\n', ' ');
    this.#lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  }

  /** What is copied from the repository: source → target, below the image's working folder. */
  get copied(): readonly (readonly [source: string, target: string])[] {
    return this.#instructions('COPY').flatMap((words) => {
      const target = words.at(-1) ?? '';
      if (words[0]?.startsWith('--') === true) return [];
      const name = (source: string): string => source.split('/').at(-1) ?? source;
      return words.slice(0, -1).map((source) => {
        const isFolder = target.endsWith('/');
        return [source, isFolder ? join(target, name(source)) : target] as const;
      });
    });
  }

  /** Its command, with the words before the arguments of a user. */
  get entry(): readonly string[] {
    const [line = '[]'] = this.#lines
      .filter((one) => one.startsWith('ENTRYPOINT '))
      .map((one) => one.slice('ENTRYPOINT '.length));
    return JSON.parse(line) as readonly string[];
  }

  get user(): string {
    return this.#instructions('USER').at(-1)?.[0] ?? '0:0';
  }

  #instructions(name: string): string[][] {
    return this.#lines
      .filter((line) => line.startsWith(`${name} `))
      .map((line) => line.slice(name.length).trim().split(/\s+/));
  }
}

/** Packages that `npm ci --omit=dev` would install, by the lockfile. */
function lockedPackages(): readonly (readonly [path: string, locked: Locked])[] {
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, Locked>>;
  };
  return Object.entries(lock.packages).filter(
    ([path, { dev }]) =>
      path.startsWith('node_modules/') && dev !== true && existsSync(join(ROOT, path)),
  );
}

function copyProgram(program: string, root: string): void {
  const target = join(root, 'usr/bin/node');
  mkdirSync(dirname(target), { recursive: true });
  cpSync(program, target);
  const linked = execFileSync('ldd', [program], { encoding: 'utf8' });
  for (const [library] of linked.matchAll(/\/lib\S*/g)) {
    mkdirSync(join(root, dirname(library)), { recursive: true });
    cpSync(realpathSync(library), join(root, library));
  }
}

/** Fills an empty folder. Throws for a path that the Dockerfile names and that is not there. */
export function makeImageRoot(recipe: ImageRecipe, root: string): void {
  const installed = join(root, INSTALLED_AT);
  mkdirSync(installed, { recursive: true });
  for (const [source, target] of recipe.copied) {
    cpSync(join(ROOT, source), join(installed, target), {
      recursive: true,
      verbatimSymlinks: true,
    });
  }
  for (const [path] of lockedPackages()) {
    mkdirSync(join(installed, dirname(path)), { recursive: true });
    // Links of workspaces are relative: they lead to what was copied.
    cpSync(join(ROOT, path), join(installed, path), { recursive: true, verbatimSymlinks: true });
  }
  copyProgram(realpathSync(join(ROOT, 'node_modules/.bin/node')), root);
  for (const folder of ['tmp', 'proc', 'var/lib/kura', 'etc/kura']) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  chmodSync(root, 0o755);
}
