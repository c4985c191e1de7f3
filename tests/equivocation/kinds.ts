// Every kind of attack, in the order in which they take turns.
import type { AttackKind } from './attack.ts';
import { brokenChains } from './broken-chains.ts';
import { forgedReceipts } from './forged-receipts.ts';
import { removedSnapshots, rolledBackHeads } from './lost-heads.ts';
import { comparedVictims, splitLogs } from './split-logs.ts';

export const ATTACK_KINDS: readonly AttackKind[] = [
  forgedReceipts,
  splitLogs,
  comparedVictims,
  brokenChains,
  rolledBackHeads,
  removedSnapshots,
];
