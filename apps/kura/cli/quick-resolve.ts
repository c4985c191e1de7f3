// Which file an import means, without asking the file system. A path that begins with a dot and ends with `.ts` is the
// file beside its importer, under the same package; so is one that ends with `.js`, from one file of a dependency to
// another. A package of this project is asked for once, whoever imports it: there is one of each. Node looks all of
// them up anew, resolves links and reads manifests, which took half of the time in which a command's modules are
// loaded. Everything else is left to Node. A file that is not there is told when it is read.
import { type RegisterHooksOptions, registerHooks } from 'node:module';

const OWN_PACKAGES = '@kura/';
const DEPENDENCIES = '/node_modules/';

const OWN_FORMAT = 'module-typescript';

type Resolve = NonNullable<RegisterHooksOptions['resolve']>;
type Found = ReturnType<Resolve>;

/** Node gives the true place of every file, so what lies in no dependency is ours. */
function isOurs(parent: string): boolean {
  return !parent.includes(DEPENDENCIES);
}

/** Undefined: Node has to look. Which format a dependency's file has is Node's to say when it reads it. */
export function resolveQuickly(
  specifier: string,
  parent: string | undefined,
): Pick<Found, 'url' | 'format'> | undefined {
  const isBeside = specifier.startsWith('./') || specifier.startsWith('../');
  if (!isBeside || parent?.startsWith('file:') !== true) return undefined;
  const isOwn = isOurs(parent);
  if (!specifier.endsWith(isOwn ? '.ts' : '.js')) return undefined;
  const url = new URL(specifier, parent).href;
  return isOwn ? { url, format: OWN_FORMAT } : { url };
}

/** `look`: asks Node. Its answer is kept for a package of this project that one of our modules imports. */
export function resolvePackage(
  known: Map<string, Found>,
  { specifier, parent }: { readonly specifier: string; readonly parent: string | undefined },
  look: () => Found,
): Found {
  const isOwn = specifier.startsWith(OWN_PACKAGES) && parent !== undefined && isOurs(parent);
  if (!isOwn) return look();
  const before = known.get(specifier);
  if (before !== undefined) return before;
  const found = look();
  known.set(specifier, found);
  return found;
}

function hooks(): RegisterHooksOptions {
  const known = new Map<string, Found>();
  return {
    resolve(specifier, context, next) {
      const parent = context.parentURL;
      const found = resolveQuickly(specifier, parent);
      if (found !== undefined) return { ...found, shortCircuit: true };
      return resolvePackage(known, { specifier, parent }, () => ({
        ...next(specifier, context),
        shortCircuit: true,
      }));
    },
  };
}

/** For what this thread imports from now on. */
export function resolveQuicklyFromNowOn(): void {
  registerHooks(hooks());
}
