// The port of moves over the wire. An operator decides about moves, a member about regions: each is refused the
// other's by the coordinator, which is said here in words.
import { KuraError } from '@kura/base';
import { MOVE_ENDPOINTS as MOVES } from '@kura/contract/wire/endpoints/moves.ts';
import type { EndpointClient } from '@kura/wire/client/client.ts';
import type { MovesPort, RegionWish } from './port.ts';

export function operatorMoves(client: EndpointClient): MovesPort {
  return {
    pause: async (isPaused) => {
      await client.call(MOVES.pauseMoves, { body: { isPaused } });
    },
    judge: async (move, verdict) => {
      await client.call(MOVES.judgeMove, { params: { move }, body: { verdict } });
    },
    regions: () => {
      throw new KuraError('unsupported', 'regions are a wish of a member, not of an operator');
    },
    decisions: async (limit) => {
      return (await client.call(MOVES.decisions, { query: { limit } })).decisions;
    },
  };
}

export function memberMoves(client: EndpointClient): MovesPort {
  const refuse = (): never => {
    throw new KuraError('unsupported', 'whoever runs the network decides about its moves', {
      guidance: 'Say where your copies may lie: kura moves pin, forbid.',
    });
  };
  return {
    pause: refuse,
    judge: refuse,
    regions: (wish?: RegionWish) =>
      wish === undefined
        ? client.call(MOVES.regions, {})
        : client.call(MOVES.setRegion, { body: wish }),
    decisions: refuse,
  };
}
