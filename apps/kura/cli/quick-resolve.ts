// Which file an import means, without asking the file system. A path that begins with a dot and ends with `.ts` is the
// file beside its importer, under the same package. A package of this project is asked for once, whoever imports it:
// there is one of each. Node looks all of them up anew, resolves links and reads manifests, which took half of the
// time in which a command's modules are loaded. Everything else is left to Node. A file that is not there is told
// when it is read.
import { type RegisterHooksOptions, registerHooks } from 'node:module';

const OWN_PACKAGES = '@kura/';

/** A dependency may be a link, and is not of our packages. */
function isOurs(parent: string | undefined): parent is string {
  return parent?.startsWith('file:') === true && !parent.includes('/node_modules/');
}

/** Undefined: Node has to look. */
export function resolveQuickly(specifier: string, parent: string | undefined): string | undefined {
  const isBeside = specifier.startsWith('./') || specifier.startsWith('../');
  if (!isBeside || !specifier.endsWith('.ts') || !isOurs(parent)) return undefined;
  return new URL(specifier, parent).href;
}

/** `look`: asks Node. Its answer is kept for a package of this project that one of our modules imports. */
export function resolvePackage<Found>(
  known: Map<string, Found>,
  { specifier, parent }: { readonly specifier: string; readonly parent: string | undefined },
  look: () => Found,
): Found {
  if (!specifier.startsWith(OWN_PACKAGES) || !isOurs(parent)) return look();
  const before = known.get(specifier);
  if (before !== undefined) return before;
  const found = look();
  known.set(specifier, found);
  return found;
}

type Resolve = NonNullable<RegisterHooksOptions['resolve']>;

function hooks(): RegisterHooksOptions {
  const known = new Map<string, ReturnType<Resolve>>();
  return {
    resolve(specifier, context, next) {
      const parent = context.parentURL;
      const url = resolveQuickly(specifier, parent);
      if (url !== undefined) return { url, format: 'module-typescript', shortCircuit: true };
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
