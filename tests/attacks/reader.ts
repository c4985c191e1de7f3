// Goal: a reader answers whoever holds a ticket or a grant of their own key, and gives nobody else a byte (B1, A21).
// The attackers have a certificate, other people's tickets, grants of other stores, and time.
import { concatBytes, DAY_MS, MINUTE_MS, systemClock, systemRandom, utf8 } from '@kura/base';
import { ed25519PublicKey, grantWord, signRevocations, ticketWord } from '@kura/contract';
import { signerOf } from '@kura/contract/signed.ts';
import { STORE_ENDPOINTS } from '@kura/contract/wire/endpoints/store.ts';
import { signEd25519 } from '@kura/log';
import { type Attack, attackGroup, sameAnswer } from './attack.ts';
import { hearAll, request } from './raw-caller.ts';
import { StoreScene } from './store-scene.ts';

const SIGNATURE_BYTES = 64;

/** The body of a ticket, signed as another kind of thing or by somebody else who claims to be the signer. */
function signedAnew(ticket: Uint8Array, domain: string, seed: Uint8Array): Uint8Array {
  const body = ticket.subarray(0, -SIGNATURE_BYTES);
  return concatBytes(body, signEd25519(concatBytes(utf8(domain), body), seed));
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const changed = bytes.slice();
  changed[at] = (changed[at] ?? 0) ^ 1;
  return changed;
}

const tickets: readonly Attack<StoreScene>[] = [
  {
    rows: 'R33',
    name: 'shows a ticket without a certificate',
    answer: 'refused: none',
    play: (scene) => scene.read(`Kura ${ticketWord(scene.ticket())}`, 'nobody'),
  },
  {
    rows: 'R33',
    name: 'shows a certificate and nothing else',
    answer: 'refused: none',
    play: (scene) => scene.read(undefined),
  },
  {
    rows: 'R33',
    name: 'shows the ticket of another device',
    answer: 'refused: key',
    play: (scene) => scene.readWithTicket(scene.ticket(), scene.thief),
  },
  {
    rows: 'R33',
    name: 'shows a ticket for another store',
    answer: 'refused: store',
    play: (scene) => scene.readWithTicket(scene.ticket({ storeId: scene.around.newStoreId() })),
  },
  {
    rows: 'R33',
    name: "reads another member's copy with a ticket of its own",
    answer: 'refused: copy',
    play: (scene) =>
      scene.read(`Kura ${ticketWord(scene.ticket())}`, scene.device, scene.bobs.copy),
  },
  {
    rows: 'R33',
    name: 'shows a ticket again after its end',
    answer: 'refused: late',
    play: (scene) => {
      const untilMs = systemClock.nowMs() - 3 * MINUTE_MS;
      return scene.readWithTicket(scene.ticket({ fromMs: untilMs - MINUTE_MS, untilMs }));
    },
  },
  {
    rows: 'R33',
    name: 'shows a ticket before its time',
    answer: 'refused: early',
    play: (scene) => {
      const fromMs = systemClock.nowMs() + 3 * MINUTE_MS;
      return scene.readWithTicket(scene.ticket({ fromMs, untilMs: fromMs + MINUTE_MS }));
    },
  },
  {
    rows: 'R33',
    name: 'has a ticket that lasts a day, signed by a ticket key',
    answer: 'refused: long',
    play: (scene) => scene.readWithTicket(scene.ticket({ untilMs: systemClock.nowMs() + DAY_MS })),
  },
  {
    rows: 'R33',
    name: 'has a ticket that ends before it begins',
    answer: 'refused: long',
    play: (scene) => scene.readWithTicket(scene.ticket({ untilMs: systemClock.nowMs() - 1 })),
  },
  {
    rows: 'R33',
    name: 'signs a ticket with a key of its own',
    answer: 'refused: signature',
    play: (scene) => scene.readWithTicket(scene.ticket({}, systemRandom.bytes(32))),
  },
  {
    rows: 'R33',
    name: "signs with a key of its own and names the network's as signer",
    answer: 'refused: signature',
    play: (scene) => {
      const forged = scene.ticket();
      forged.set(signerOf(ed25519PublicKey(scene.place.ticketSeed)), 1);
      return scene.readWithTicket(signedAnew(forged, 'kura/1 ticket\n', systemRandom.bytes(32)));
    },
  },
  {
    rows: 'R33',
    name: "has a ticket signed with the coordinator's other key",
    answer: 'refused: signature',
    play: (scene) => scene.readWithTicket(scene.ticket({}, scene.place.coordinatorSeed)),
  },
  {
    rows: 'R8, R33',
    name: 'passes a signature over the same bytes off that was made for another purpose',
    answer: 'refused: signature',
    play: (scene) =>
      sameAnswer(['kura/1 grant\n', 'kura/1 admission\n', ''], (domain) =>
        scene.readWithTicket(signedAnew(scene.ticket(), domain, scene.place.ticketSeed)),
      ),
  },
  {
    rows: 'R33',
    name: 'changes one bit of a ticket, in each byte behind its version',
    answer: 'refused: signature',
    play: (scene) => {
      const ticket = scene.ticket();
      const places = Array.from({ length: ticket.length - 1 }, (_, at) => at + 1);
      return sameAnswer(places, (at) => scene.readWithTicket(flipped(ticket, at)));
    },
  },
  {
    rows: 'R9, R33',
    name: 'says that a ticket is of another version',
    answer: 'refused: malformed',
    play: (scene) => scene.readWithTicket(flipped(scene.ticket(), 0)),
  },
  {
    rows: 'R33',
    name: 'spells a ticket in other ways',
    answer: 'refused: malformed',
    play: (scene) => {
      const word = ticketWord(scene.ticket());
      const spellings = [
        `Bearer ${word}`,
        `Kura ${word}=`,
        `Kura ${word}A`,
        `Kura ${word.slice(0, -1)}`,
        `Kura ${word.toUpperCase()}`,
        `Kura ${word} ${word}`,
        `Kura kt2.${word.slice(4)}`,
        `Kura kg1.${word.slice(4)}`,
        'Kura kt1.',
      ];
      return sameAnswer(spellings, (spelling) => scene.read(spelling));
    },
  },
];

const grants: readonly Attack<StoreScene>[] = [
  {
    rows: 'R33',
    name: "shows the grant of another's card",
    answer: 'refused: key',
    play: (scene) => scene.readWithGrant(scene.grant({ keyHash: scene.thief.keyHash })),
  },
  {
    rows: 'R33',
    name: 'shows a grant for another store',
    answer: 'refused: store',
    play: (scene) => scene.readWithGrant(scene.grant({ storeId: scene.around.newStoreId() })),
  },
  {
    rows: 'R33',
    name: 'signs a grant with a key of its own',
    answer: 'refused: signature',
    play: (scene) => scene.readWithGrant(scene.grant({}, systemRandom.bytes(32))),
  },
  {
    rows: 'R33',
    name: 'has a grant signed with the ticket key, which gateways have',
    answer: 'refused: signature',
    play: (scene) => scene.readWithGrant(scene.grant({}, scene.place.ticketSeed)),
  },
  {
    rows: 'R4, R33',
    name: "asks under its own grant for another member's copy, and for one that is not there",
    answer: 'missing',
    play: (scene) =>
      sameAnswer([scene.bobs.copy, scene.around.newCopyId()], (copy) =>
        scene.readWithGrant(scene.grant(), copy),
      ),
  },
  {
    rows: 'R33',
    name: 'shows a grant that was revoked',
    answer: 'refused: revoked',
    play: async (scene) => {
      const list = { number: 1, madeMs: 1, certificates: [], grants: [99], pseudonyms: [] };
      const bytes = signRevocations(list, scene.place.coordinatorSeed);
      await scene.gateway.call(STORE_ENDPOINTS.takeRevocations, { body: { bytes } });
      await scene.reader.reload();
      return scene.readWithGrant(scene.grant({ serial: 99 }));
    },
  },
  {
    rows: 'R33',
    name: 'shows a new grant for a pseudonym that was revoked',
    answer: 'refused: revoked',
    play: async (scene) => {
      const pseudonyms = [scene.around.bob.member];
      const list = { number: 2, madeMs: 1, certificates: [], grants: [], pseudonyms };
      const bytes = signRevocations(list, scene.place.coordinatorSeed);
      await scene.gateway.call(STORE_ENDPOINTS.takeRevocations, { body: { bytes } });
      await scene.reader.reload();
      const pseudonym = scene.around.bob.member;
      return scene.readWithGrant(scene.grant({ pseudonym }), scene.bobs.copy);
    },
  },
];

const authorised = (scene: StoreScene): string =>
  `Authorization: Kura ${ticketWord(scene.ticket())}`;

// A reader hears ten requests in ten seconds that fit no endpoint: these are in two groups for that.
const paths: readonly Attack<StoreScene>[] = [
  {
    rows: 'R28',
    name: 'writes, deletes and renames with a good ticket',
    answer: '405 hostile',
    play: (scene) =>
      sameAnswer(['PUT', 'POST', 'DELETE', 'PATCH'], (method) =>
        scene.askReader(
          request(`${method} /v1/copies/${scene.alices.copy}/table`, authorised(scene)),
        ),
      ),
  },
  {
    rows: 'R28',
    name: 'lists copies, members and what a store answers to gateways',
    answer: '400 hostile',
    play: (scene) =>
      sameAnswer(['/v1/copies', '/v1/members', '/v1/identity', '/v1/warrants'], (path) =>
        scene.askReader(request(`GET ${path}`, authorised(scene))),
      ),
  },
  {
    rows: 'R28',
    name: 'leaves the copies by a path that climbs',
    answer: '400 hostile',
    play: (scene) =>
      sameAnswer(['../../state/identity.key', '%2e%2e%2fidentity.key'], (name) =>
        scene.askReader(request(`GET /v1/copies/${name}/table`, authorised(scene))),
      ),
  },
];

const heads: readonly Attack<StoreScene>[] = [
  {
    rows: 'R1',
    name: 'reads less than a window, past the end, and from nowhere',
    answer: '400 usage',
    play: (scene) =>
      sameAnswer(['first=1&count=1', 'first=0&count=1', 'first=4000&count=64'], (query) =>
        scene.askReader(
          request(`GET /v1/copies/${scene.alices.copy}/leaves?${query}`, authorised(scene)),
        ),
      ),
  },
  {
    rows: 'R38',
    name: 'sends a body with a GET, with a length and in pieces',
    answer: '400 hostile',
    play: (scene) =>
      sameAnswer(['Content-Length: 5', 'Transfer-Encoding: chunked'], (header) =>
        scene.askReader(
          `${request(`GET /v1/copies/${scene.alices.copy}/table`, authorised(scene), header)}5\r\nab\r\n`,
        ),
      ),
  },
  {
    rows: 'R33',
    name: 'hides a second request in the body of the first',
    answer: 'one answer, then closed',
    play: async (scene) => {
      const hidden = request(`GET /v1/copies/${scene.alices.copy}/table`, authorised(scene));
      const outer = request(
        `GET /v1/copies/${scene.alices.copy}/table`,
        authorised(scene),
        `Content-Length: ${hidden.length}`,
      );
      const { readerAddress, device } = scene;
      const came = await hearAll(readerAddress, outer + hidden, device.tls);
      const answers = came.match(/HTTP\/1\.1 \d+/g) ?? [];
      return answers.length === 1 && answers[0] === 'HTTP/1.1 400'
        ? 'one answer, then closed'
        : answers.join(', ');
    },
  },
  {
    rows: 'R33',
    name: 'shows two words at once, one of them good',
    answer: '400 hostile',
    play: (scene) => {
      const grant = `Authorization: Kura ${grantWord(scene.grant({}, systemRandom.bytes(32)))}`;
      const path = `GET /v1/copies/${scene.alices.copy}/table`;
      return sameAnswer([0, 1], (order) => {
        const both = order === 0 ? [authorised(scene), grant] : [grant, authorised(scene)];
        return scene.askReader(request(path, ...both));
      });
    },
  },
  {
    rows: 'R28',
    name: 'asks for another protocol on the connection',
    answer: '400 hostile',
    play: (scene) =>
      scene.askReader(
        request(
          `GET /v1/copies/${scene.alices.copy}/table`,
          ...[authorised(scene), 'Connection: Upgrade', 'Upgrade: kura-store/1'],
        ),
      ),
  },
];

const flood: readonly Attack<StoreScene>[] = [
  {
    rows: 'R32',
    name: 'asks who is there more than ten times in ten seconds',
    answer: '429 busy',
    play: async (scene) => {
      let last = '';
      for (let asked = 0; asked < 30; asked++) {
        last = await scene.askReader(request('GET /v1/reader'));
      }
      return last;
    },
  },
];

export const READER_ATTACKS = [
  attackGroup('tickets at a reader', () => StoreScene.open(), tickets),
  attackGroup('grants at a reader', () => StoreScene.open(), grants),
  attackGroup('paths at a reader', () => StoreScene.open(), paths),
  attackGroup('requests to a reader', () => StoreScene.open(), heads),
  attackGroup('a flood at a reader', () => StoreScene.open(), flood),
];
