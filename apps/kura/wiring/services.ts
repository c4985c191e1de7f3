// Connects the commands to agent, coordinator and stores of an embedded network. Nothing is decided here.
import { availableParallelism } from 'node:os';
import type { CommandServices, OpenServices } from '../commands/types.ts';
import * as begin from './begin.ts';
import { Care } from './care.ts';
import * as getBack from './get-back.ts';
import * as keys from './keys.ts';
import * as look from './look.ts';
import * as save from './save.ts';
import { Session } from './session.ts';

export const openServices: OpenServices = async (settings): Promise<CommandServices> => {
  const session = new Session(settings, availableParallelism());
  const care = new Care(session);
  return {
    init: (request) => begin.init(session, request),
    join: (request) => begin.join(session, request),
    adopt: async (request) => (await import('./adopt.ts')).adopt(session, request),
    joinFurther: (request) => begin.joinFurther(session, request),
    login: async (request) => (await import('./membership.ts')).login(session, request),
    recover: (request) => begin.recoverAll(session, request),
    backup: (request) => save.backupNow(session, request),
    tag: (request) => save.tagAll(session, request),
    snapshots: () => look.snapshots(session),
    entry: (snapshot, path) => look.entry(session, snapshot, path),
    list: (request) => look.list(session, request),
    diff: (request) => look.diff(session, request),
    copies: (snapshot) => look.copies(session, snapshot),
    stats: (request) => look.stats(session, request),
    journal: (limit) => look.journal(session, limit),
    receipts: (snapshots) => look.receipts(session, snapshots),
    restore: (request) => getBack.restoreNow(session, request),
    dump: (request) => getBack.dump(session, request),
    check: (request) => care.check(request),
    planRepair: () => care.planRepair(),
    repair: () => care.repair(),
    forget: async (ids) => {
      await (await session.own()).coordinator.forgetSnapshots(ids);
      await session.forgetReading();
    },
    prune: (request) => care.prune(request),
    cache: () => care.cache(),
    clearCache: () => care.clearCache(),
    rebuildCache: () => care.rebuildCache(),
    member: () => keys.member(session),
    changePassphrase: (passphrase) => keys.changePassphrase(session, passphrase),
    card: async () => (await import('./card.ts')).card(session),
    copyCard: async (folder) => (await import('./card.ts')).copyCardTo(session, folder),
    moveCard: async (folder) => (await import('./card.ts')).moveCardTo(session, folder),
    useCard: async (folder) => (await import('./card.ts')).useCard(session, folder),
    verifyCard: async () => (await import('./card.ts')).verifyCard(session),
    renewCard: async () => (await import('./card.ts')).renewCard(session),
    membership: async () => (await import('./membership.ts')).membership(session),
    recoveryWords: (language) => keys.recoveryWords(session, language),
    hazards: async () => (await import('./hazards.ts')).hazards(session),
    moves: async () => (await import('./moves.ts')).moves(session),
    runMoves: async () => (await import('./moves.ts')).runMoves(session),
    close: () => session.close(),
  };
};
