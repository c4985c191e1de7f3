// How the tables came to be, step by step. A step that was released never changes; a change is a new step at
// the end.
import type { Migration } from '@kura/database';
import { founding } from './001-founding.ts';
import { absences } from './002-absences.ts';
import { members } from './003-members.ts';
import { contracts } from './004-contracts.ts';
import { service } from './005-service.ts';
import { uploadSessions } from './006-upload-sessions.ts';
import { hazards } from './007-hazards.ts';
import { moves } from './008-moves.ts';
import { cards } from './009-cards.ts';
import { loginOrigins } from './010-login-origins.ts';
import { earlyCommits } from './011-early-commits.ts';
import { homes } from './012-homes.ts';
import { incidents } from './013-incidents.ts';
import { custodyEvents } from './014-custody-events.ts';
import { forgetOrders } from './015-forget-orders.ts';
import { audits } from './016-audits.ts';
import { loggedTimes } from './017-logged-times.ts';
import { witnesses } from './018-witnesses.ts';
import { removals } from './019-removals.ts';
import { scrubReports } from './021-scrub-reports.ts';
import { verdicts } from './022-verdicts.ts';
import { notices } from './023-notices.ts';
import { copiesLeft } from './024-copies-left.ts';
import { restoreProofs } from './025-restore-proofs.ts';
import { storeMarks } from './026-store-marks.ts';
import { devicePlaces } from './027-device-places.ts';
import { awaitedReturns } from './028-awaited-returns.ts';
import { auditPairs } from './029-audit-pairs.ts';
import { memberHooks } from './030-member-hooks.ts';
import { closings } from './031-closings.ts';
import { impostors } from './032-impostors.ts';
import { validity } from './033-validity.ts';
import { unloggedEvents } from './034-unlogged-events.ts';
import { storeHolds } from './035-store-holds.ts';
import { journalLines } from './036-journal-lines.ts';
import { noticeRecords } from './037-notice-records.ts';

export const MIGRATIONS: readonly Migration[] = [
  founding,
  absences,
  members,
  contracts,
  service,
  uploadSessions,
  hazards,
  moves,
  cards,
  loginOrigins,
  earlyCommits,
  homes,
  incidents,
  custodyEvents,
  forgetOrders,
  audits,
  loggedTimes,
  witnesses,
  removals,
  scrubReports,
  verdicts,
  notices,
  copiesLeft,
  restoreProofs,
  storeMarks,
  devicePlaces,
  awaitedReturns,
  auditPairs,
  memberHooks,
  closings,
  impostors,
  validity,
  unloggedEvents,
  storeHolds,
  journalLines,
  noticeRecords,
];
