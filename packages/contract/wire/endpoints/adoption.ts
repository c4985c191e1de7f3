// What a coordinator answers to an owner who brings an embedded network along (docs/design/adoption.md): under
// which key copies lie at a store, and which packs its stores have signed for.
import { MAX_COPIES } from '@kura/base';
import { defineEndpoints, json } from '../endpoint.ts';
import { list, record, text } from '../shape.ts';
import {
  acknowledgement,
  hash,
  leafCount,
  packIdShape,
  sessionIdShape,
  storeIdShape,
} from '../shapes.ts';
import { MAX_PACKS_PER_CALL } from './custody.ts';

/** 500 packs of eight copies, each with what its store signed. */
const MAX_ADOPTION_BYTES = 4 * 1024 * 1024;

const broughtPack = record({
  packId: packIdShape,
  leafCount,
  copies: list(record({ acknowledgement, reason: text({ maxLength: 1024 }) }), {
    maxItems: MAX_COPIES,
  }),
});

export const ADOPTION_ENDPOINTS = defineEndpoints({
  adoptStore: {
    method: 'PUT',
    path: '/v1/adoption/stores/{store}',
    who: 'device',
    parameters: { store: storeIdShape },
    /** The outer cipher of this member's copies there, and the names of copies. */
    request: json(record({ copyKey: hash })),
    isIdempotent: true,
  },
  adoptPacks: {
    method: 'POST',
    path: '/v1/adoption/packs',
    who: 'device',
    request: json(
      record({
        sessionId: sessionIdShape,
        packs: list(broughtPack, { maxItems: MAX_PACKS_PER_CALL }),
      }),
      MAX_ADOPTION_BYTES,
    ),
    isIdempotent: true,
  },
});
