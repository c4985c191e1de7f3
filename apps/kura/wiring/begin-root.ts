// Begins to stretch the passphrase while the rest of the program is still being loaded: it takes a third of a
// second of one core, and no network can be opened before it is done. Loads next to nothing itself.
import { homePaths } from '@kura/agent/home.ts';
import { KuraError } from '@kura/base';
import { type Root, unwrapRoot } from '@kura/member-seal';
import { nodeDisk } from '@kura/native/node-disk.ts';
import type { ServiceSettings } from '../commands/types.ts';
import { readRootFile } from '../embedded/home-files.ts';

/**
 * Undefined if there is nothing to begin with: no member's key here, nobody but a person knows the
 * passphrase, or something is wrong that will be told when it is needed.
 */
export function beginRoot({
  home,
  secrets,
}: Pick<ServiceSettings, 'home' | 'secrets'>): Promise<Root> | undefined {
  try {
    const passphrase = secrets.givenPassphrase();
    if (passphrase === undefined) return undefined;
    const wrapped = readRootFile({ disk: nodeDisk, home: homePaths(home) });
    if (wrapped === undefined) return undefined;
    const root = unwrapRoot(wrapped, passphrase);
    // Whoever opens the network is told; a command that opens none has no use for it.
    root.catch(() => undefined);
    return root;
  } catch (error) {
    if (error instanceof KuraError) return undefined;
    throw error;
  }
}
