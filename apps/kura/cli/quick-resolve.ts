// Which file an import means, without asking the file system: a path that begins with a dot and ends with `.ts` is the
// file beside its importer, under the same package. Node looks each of them up, resolves links and reads manifests,
// which took half of the time in which a command's modules are loaded. Everything else is left to Node. A file that is
// not there is told when it is read.
import { type RegisterHooksOptions, registerHooks } from 'node:module';

/** Undefined: Node has to look. */
export function resolveQuickly(specifier: string, parent: string | undefined): string | undefined {
  const isBeside = specifier.startsWith('./') || specifier.startsWith('../');
  if (!isBeside || !specifier.endsWith('.ts')) return undefined;
  // A dependency may be a link, and is not of our package.
  if (parent?.startsWith('file:') !== true || parent.includes('/node_modules/')) return undefined;
  return new URL(specifier, parent).href;
}

const HOOKS: RegisterHooksOptions = {
  resolve(specifier, context, next) {
    const url = resolveQuickly(specifier, context.parentURL);
    if (url === undefined) return next(specifier, context);
    return { url, format: 'module-typescript', shortCircuit: true };
  },
};

/** For what this thread imports from now on. */
export function resolveQuicklyFromNowOn(): void {
  registerHooks(HOOKS);
}
