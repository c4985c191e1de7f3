// Work within a session of the network, whose journal says how it ended.
import type { SessionId } from '@kura/base';
import type { CoordinatorPort, SessionKind, SessionOutcome } from '@kura/contract';

export async function withinSession<Result>(
  coordinator: Pick<CoordinatorPort, 'beginSession' | 'endSession'>,
  kind: SessionKind,
  work: (session: SessionId) => Promise<Result>,
): Promise<Result> {
  const session = await coordinator.beginSession(kind);
  let outcome: SessionOutcome = 'failed';
  try {
    const result = await work(session);
    outcome = 'done';
    return result;
  } finally {
    await coordinator.endSession(session, outcome);
  }
}
