// The service behind `kura rewrite`, and what every record that takes another's place takes over from it.
import { hasStamps } from '@kura/agent/notarise/kept-stamps.ts';
import { type Rewritten, rewrite } from '@kura/agent/rewrite/rewrite.ts';
import { surveyRewrite } from '@kura/agent/rewrite/survey.ts';
import { MAX_REMOVALS_SHOWN } from '@kura/contract/wire/endpoints/removals.ts';
import type { RewriteRequest, Rewriting } from '../rewrite/port.ts';
import { removals } from './removals.ts';
import type { Session } from './session.ts';

export async function rewriting(session: Session, request: RewriteRequest): Promise<Rewriting> {
  const home = await session.own();
  const reading = await session.reading();
  const { progress, home: homeFolder } = session.settings;
  const wanted = new Set(request.snapshots);
  const all = await reading.snapshots.listReadable(() => undefined);
  const survey = await surveyRewrite({
    chosen: all.filter(({ id }) => wanted.has(id)),
    ...{ isCut: request.isCut, reading },
    onProgress: (filesDone, filesTotal) => {
      session.stopIfAsked();
      progress.update({ phase: 'looking', filesDone, filesTotal, bytesDone: 0 });
    },
  });
  progress.finish();
  const place = { ...session.surroundings, homeFolder };
  return {
    bytesBack: survey.bytesBack,
    steps: survey.changes.map(({ stored: { id, snapshot }, files, folders, bytes }) => ({
      ...{ snapshotId: id, timeMs: snapshot.timeMs, hostname: snapshot.hostname },
      ...{ files, folders, bytes, isNotarised: hasStamps(place, id) },
    })),
    carryOut: async ({ forget, onRewritten }) => {
      const ports = { ...home, lines: session.lines(), carryTerm: await termCarrier(session) };
      try {
        await rewrite(
          survey,
          { forget },
          {
            ...ports,
            onRewritten: (done) => {
              onRewritten(done);
              session.stopIfAsked();
            },
          },
        );
      } finally {
        await session.forgetReading();
      }
    },
  };
}

/** What was to be forgotten at a date still is, under its new id: the owner signs the same term for it. */
export async function termCarrier(session: Session): Promise<(done: Rewritten) => Promise<void>> {
  const desk = await removals(session);
  const { terms } = await desk.list(MAX_REMOVALS_SHOWN);
  return async ({ from, to }) => {
    for (const { snapshots, dueMs } of terms) {
      if (snapshots.includes(from)) await desk.setTerm([to], dueMs);
    }
  };
}
