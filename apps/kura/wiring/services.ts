// Connects the commands to agent, coordinator and stores. Nothing is decided here, and no code is loaded before a
// command asks for it.
import { availableParallelism } from 'node:os';
import type { CommandServices, OpenServices } from '../commands/types.ts';
import type { Care } from './care.ts';
import { Session } from './session.ts';

export const openServices: OpenServices = async (settings): Promise<CommandServices> => {
  const session = new Session(settings, availableParallelism());
  let opened: Promise<Care> | undefined;
  const care = (): Promise<Care> => {
    opened ??= import('./care.ts').then(({ Care }) => new Care(session));
    return opened;
  };
  return {
    init: async (request) => (await import('./begin.ts')).init(session, request),
    join: async (request) => (await import('./begin.ts')).join(session, request),
    adopt: async (request) => (await import('./adopt.ts')).adopt(session, request),
    joinFurther: async (request) => (await import('./begin.ts')).joinFurther(session, request),
    login: async (request) => (await import('./membership.ts')).login(session, request),
    recover: async (request) => (await import('./begin.ts')).recoverAll(session, request),
    backup: async (request) => {
      session.limit(request.limits);
      // Their threads start beside what is loaded next.
      const threads = { ahead: session.ahead(request), lines: session.lines() };
      return (await import('./save.ts')).backupNow(session, request, threads);
    },
    tag: async (request) => (await import('./save.ts')).tagAll(session, request),
    ...looking(session),
    restore: async (request) => (await import('./get-back.ts')).restoreNow(session, request),
    dump: async (request) => (await import('./dump.ts')).dump(session, request),
    check: async (request) => (await care()).check(request),
    planRepair: async () => (await care()).planRepair(),
    repair: async () => (await care()).repair(),
    forget: async (ids) => {
      const { forget } = await import('@kura/agent/heads/forget.ts');
      await forget(ids, await session.own());
      await session.forgetReading();
    },
    removals: async () => (await import('./removals.ts')).removals(session),
    retention: async (snapshots) => (await import('./retain.ts')).retention(session, snapshots),
    prune: async (request) => (await care()).prune(request),
    rewriting: async (request) => (await import('./rewrite.ts')).rewriting(session, request),
    cache: async () => (await care()).cache(),
    clearCache: async () => (await care()).clearCache(),
    rebuildCache: async () => (await care()).rebuildCache(),
    ...ownThings(session),
    hazards: async () => (await import('./hazards.ts')).hazards(session),
    moves: async () => (await import('./moves.ts')).moves(session),
    runMoves: async () => (await import('./moves.ts')).runMoves(session),
    audits: async () => (await import('./audits.ts')).audits(session),
    auditMine: async (places) => (await import('./audits.ts')).auditMine(session, places),
    runAudits: async (isWholeRound) =>
      (await import('./audits.ts')).runAudits(session, isWholeRound),
    incidents: async () => (await import('./incidents.ts')).incidents(session),
    judgeIncidents: async () => (await import('./incidents.ts')).judgeIncidents(session),
    close: () => session.close(),
  };
};

/** Services that only look. */
function looking(session: Session) {
  return {
    snapshots: async () => (await import('./look.ts')).snapshots(session),
    entry: async (snapshot, path) => (await import('./look.ts')).entry(session, snapshot, path),
    async *list(request) {
      yield* (await import('./look.ts')).list(session, request);
    },
    async *diff(request) {
      yield* (await import('./look.ts')).diff(session, request);
    },
    async *copies(snapshot) {
      yield* (await import('./look.ts')).copies(session, snapshot);
    },
    findPack: async (request) => (await import('./find-pack.ts')).findPack(session, request),
    stats: async (request) => (await import('./look.ts')).stats(session, request),
    drill: async (request) => (await import('./drill.ts')).drill(session, request),
    history: async () => (await import('./history.ts')).compareHistory(session),
    journal: async (limit) => (await import('./look.ts')).journal(session, limit),
    stamps: async () => (await import('./stamps.ts')).stamps(session),
    receipts: async () => (await import('./receipts.ts')).receipts(session),
    witnesses: async () => (await import('./witnesses.ts')).witnesses(session),
  } satisfies Partial<CommandServices>;
}

/** Services around the member's keys, card and devices. */
function ownThings(session: Session) {
  return {
    member: async () => (await import('./keys.ts')).member(session),
    changePassphrase: async (passphrase) =>
      (await import('./keys.ts')).changePassphrase(session, passphrase),
    card: async () => (await import('./card.ts')).card(session),
    copyCard: async (folder) => (await import('./card.ts')).copyCardTo(session, folder),
    copyReadingCard: async (copy) => (await import('./card.ts')).copyReadingCardTo(session, copy),
    moveCard: async (folder) => (await import('./card.ts')).moveCardTo(session, folder),
    useCard: async (folder) => (await import('./card.ts')).useCard(session, folder),
    verifyCard: async () => (await import('./card.ts')).verifyCard(session),
    acceptLevel: async () => (await import('./card.ts')).acceptLevel(session),
    renewCard: async () => (await import('./card.ts')).renewCard(session),
    giveBack: async (finishes) => (await import('./give-back.ts')).giveBack(session, finishes),
    membership: async () => (await import('./membership.ts')).membership(session),
    recoveryWords: async (language) => (await import('./keys.ts')).recoveryWords(session, language),
  } satisfies Partial<CommandServices>;
}
