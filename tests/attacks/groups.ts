// Every group of attacks there is; a new one is a file that exports it, and a line here.
import { ACCOUNT_ATTACKS } from './accounts.ts';
import type { AttackGroup } from './attack.ts';
import { CLOSING_ATTACKS } from './closing.ts';
import { DOOR_ATTACKS } from './door.ts';
import { GATEWAY_ATTACKS } from './gateway.ts';
import { INWARD_ATTACKS } from './inward.ts';
import { MEMBER_ATTACKS } from './member.ts';
import { READER_ATTACKS } from './reader.ts';
import { ROGUE_ATTACKS } from './rogue.ts';
import { SLOW_ATTACKS } from './slow.ts';

export const ATTACK_GROUPS: readonly AttackGroup[] = [
  ...READER_ATTACKS,
  ...INWARD_ATTACKS,
  ...GATEWAY_ATTACKS,
  ...CLOSING_ATTACKS,
  ...ROGUE_ATTACKS,
  ...DOOR_ATTACKS,
  ...MEMBER_ATTACKS,
  ...ACCOUNT_ATTACKS,
  ...SLOW_ATTACKS,
];
