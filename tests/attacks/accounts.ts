// Goal: a passphrase to log in with is worth nothing to whoever does not know it, hears it being used, or has another
// one; and nobody learns from the service which accounts there are (A14, R8, R9).
import { provePassphrase } from '@kura/agent/network/opaque.ts';
import { MINUTE_MS, must } from '@kura/base';
import { MAX_LOGIN_FAILURES } from '@kura/coordinator/accounts/login.ts';
import { TestMember } from '@kura/coordinator/test-service.ts';
import { AccountScene, NOBODY } from './account-scene.ts';
import { type Attack, answerOf, attackGroup, sameAnswer } from './attack.ts';

const WRONG = 'wrong_passphrase';
const PLAN = { planId: 'basic' };

const logins: readonly Attack<AccountScene>[] = [
  {
    rows: 'R8',
    name: "guesses alice's passphrase",
    answer: WRONG,
    play: (scene) => answerOf(scene.prepare('alice', 'nine words that somebody else might say')),
  },
  {
    rows: 'R8',
    name: "says the last words of its own login in alice's",
    answer: WRONG,
    play: async (scene) => {
      const own = await scene.prepare('bob');
      const [words] = await firstWords(scene);
      const { loginId } = await scene.begin('alice', must(words, 'first words'));
      return answerOf(scene.finish({ ...own, statement: { ...own.statement, loginId } }));
    },
  },
  {
    rows: 'R8',
    name: 'says the last words of a login again',
    answer: WRONG,
    play: async (scene) => {
      const own = await scene.prepare('bob');
      await scene.finish(own);
      return answerOf(scene.finish(own));
    },
  },
  {
    rows: 'R8',
    name: 'says the right words after another login of the same name has begun, and then its id',
    answer: WRONG,
    play: async (scene) => {
      const own = await scene.prepare('bob');
      const other = await scene.prepare('bob');
      const { loginId } = other.statement;
      return answerOf(scene.finish({ ...own, statement: { ...own.statement, loginId } }));
    },
  },
  {
    rows: 'R8',
    name: 'puts another device into a login that it hears',
    answer: WRONG,
    play: async (scene) => {
      const own = await scene.prepare('bob');
      const device = scene.alice.newDevice('mine');
      return answerOf(scene.finish({ ...own, statement: { ...own.statement, device } }));
    },
  },
  {
    rows: 'R8',
    name: 'puts another key for its certificate into a login that it hears',
    answer: WRONG,
    play: async (scene) => {
      const own = await scene.prepare('bob');
      const { certificateRequest } = (await scene.prepare('bob')).statement;
      return answerOf(
        scene.finish({ ...own, statement: { ...own.statement, certificateRequest } }),
      );
    },
  },
  {
    rows: 'R8',
    name: 'finishes a login after its time',
    answer: WRONG,
    play: async (scene) => {
      const own = await scene.prepare('bob');
      scene.service.clock.now += 3 * MINUTE_MS;
      return answerOf(scene.finish(own));
    },
  },
  {
    rows: 'R8',
    name: 'finishes a login that never began',
    answer: WRONG,
    play: async (scene) => {
      const own = await scene.prepare('bob');
      const statement = { ...own.statement, loginId: 'ab'.repeat(16) };
      return answerOf(scene.finish({ ...own, statement }));
    },
  },
  {
    rows: 'R9',
    name: 'begins with words that are none of the protocol, or of no group element',
    answer: 'hostile',
    play: (scene) => {
      const words = ['', 'A', 'A'.repeat(128), 'A'.repeat(1024), 'not base64 at all!'];
      return sameAnswer(words, (one) => answerOf(scene.begin('bob', one)));
    },
  },
];

/** First words of logins, as the library makes them. */
async function firstWords(scene: AccountScene): Promise<readonly string[]> {
  const said: string[] = [];
  const listen = async (words: string): Promise<string> => {
    said.push(words);
    return (await scene.begin('bob', words)).loginResponse;
  };
  await provePassphrase(scene.bob.passphrase, listen);
  return said;
}

/** Of the evaluated element, in the base64url of an answer: what an account's own key makes of the same words. */
const ELEMENT_CHARACTERS = 42;

const enumeration: readonly Attack<AccountScene>[] = [
  {
    rows: 'R8',
    name: 'compares how long the answers for a name of somebody and of nobody are',
    answer: 'as long',
    play: async (scene) => {
      const [words = ''] = await firstWords(scene);
      const known = await scene.begin('alice', words);
      const unknown = await scene.begin(NOBODY, words);
      const isSame = known.loginResponse.length === unknown.loginResponse.length;
      return isSame && known.loginId.length === unknown.loginId.length ? 'as long' : 'told apart';
    },
  },
  {
    rows: 'R8',
    name: 'asks twice with the same words, and compares what stays the same',
    answer: 'the same stays the same',
    play: async (scene) => {
      const [words = ''] = await firstWords(scene);
      const stays = async (account: string): Promise<boolean> => {
        const [one, two] = [await scene.begin(account, words), await scene.begin(account, words)];
        const element = ({ loginResponse }: { readonly loginResponse: string }): string =>
          loginResponse.slice(0, ELEMENT_CHARACTERS);
        return element(one) === element(two);
      };
      const [known, unknown] = [await stays('alice'), await stays(NOBODY)];
      return known === unknown ? 'the same stays the same' : 'told apart';
    },
  },
  {
    rows: 'R8',
    name: 'guesses for a name of somebody and of nobody, and compares the refusals',
    answer: WRONG,
    play: (scene) =>
      sameAnswer(['alice', NOBODY], (account) => answerOf(scene.prepare(account, 'a guess'))),
  },
  {
    rows: 'R8',
    name: 'guesses until it is stopped, for a name of somebody and of nobody',
    answer: `busy after ${MAX_LOGIN_FAILURES}`,
    play: async (scene) => {
      const [words = ''] = await firstWords(scene);
      return sameAnswer(['alice', NOBODY], async (account) => {
        for (let tries = 0; ; tries++) {
          const answer = await answerOf(scene.begin(account, words));
          if (answer !== 'got through') return `${answer} after ${tries}`;
        }
      });
    },
  },
];

const joining: readonly Attack<AccountScene>[] = [
  {
    rows: 'R8',
    name: "joins under alice's name with an invitation of its own",
    answer: 'already_exists',
    play: async (scene) => {
      const token = await scene.service.token('member', PLAN);
      return answerOf(new TestMember(scene.service, 'alice').join(token));
    },
  },
  {
    rows: 'R33',
    name: 'joins with an invitation that was used',
    answer: 'refused: used',
    play: async (scene) => {
      const token = await scene.service.token('member', PLAN);
      await new TestMember(scene.service, 'carol').join(token);
      return answerOf(new TestMember(scene.service, 'carla').join(token));
    },
  },
  {
    rows: 'R33',
    name: 'joins with an invitation whose secret it guesses',
    answer: 'refused: wrong secret',
    play: async (scene) => {
      const token = await scene.service.token('member', PLAN);
      const guessed = { ...token, secret: new Uint8Array(token.secret.length) };
      return answerOf(new TestMember(scene.service, 'mallory').join(guessed));
    },
  },
  {
    rows: 'R33',
    name: 'registers with the word that admits a store',
    answer: 'refused: purpose',
    play: async (scene) => {
      const token = await scene.service.token('store');
      return answerOf(new TestMember(scene.service, 'mallory').join(token));
    },
  },
];

export const ACCOUNT_ATTACKS = [
  attackGroup('login', () => AccountScene.open(), logins),
  attackGroup('accounts', () => AccountScene.open(), enumeration),
  attackGroup('joining', () => AccountScene.open(), joining),
];
