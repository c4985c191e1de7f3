// What brings data back, in the journal of the member whose data it is.
import { hostname } from 'node:os';
import { type KeepAlive, notedRestore } from '@kura/agent/journal/noted-restore.ts';
import { type Brought, restoreSubject } from '@kura/agent/journal/restore-subject.ts';
import type { ByteString, SnapshotId } from '@kura/base';
import type { Session } from './session.ts';

interface NotedRequest {
  readonly snapshot: SnapshotId;
  readonly path: ByteString;
  readonly isSelection: boolean;
  /** Undefined: to the command's output. */
  readonly target?: ByteString;
  readonly dryRun?: boolean;
}

/** In the member's journal; one by a card alone is in none, since nobody is asked but the stores. */
export async function noted<Result>(
  session: Session,
  { target, dryRun = false, ...request }: NotedRequest,
  work: (keepAlive: KeepAlive) => Promise<{ readonly result: Result; readonly brought: Brought }>,
): Promise<Result> {
  const network = await session.network();
  if (network.kind === 'card') return (await work(() => undefined)).result;
  const { snapshot, path, isSelection } = request;
  const about = { snapshot, path, isSelection, target, isDryRun: dryRun, hostname: hostname() };
  const { coordinator, keys, random, clock } = network;
  const { warn } = session.settings;
  return await notedRestore(
    restoreSubject(about),
    { coordinator, keys, random, clock, warn },
    work,
  );
}
