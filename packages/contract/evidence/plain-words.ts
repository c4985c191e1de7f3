// A verdict for the member whose copy it is: what happened, what it most likely was, what was already done, and
// whether anything has to be done. No word of the trade. In the two languages that Kura speaks.
import type { VerdictKind } from './verdict.ts';

export const LANGUAGES = ['en', 'ja'] as const;
export type Language = (typeof LANGUAGES)[number];

export interface Told {
  readonly verdict: VerdictKind;
  /** Copies of packs that it is about. */
  readonly copies: number;
  /** "osaka". */
  readonly city: string;
}

/** Two or three sentences. */
export function inPlainWords({ verdict, copies, city }: Told, language: Language): string {
  const { what, done } = WORDS[language][verdict];
  const first =
    language === 'en' ? capital(what(amount(copies), placeName(city))) : what(`${copies}`, city);
  return language === 'en' ? `${first} ${done}` : `${first}${done}`;
}

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);
const placeName = (city: string): string => capital(city);

function amount(copies: number): string {
  return copies === 1 ? 'one copy' : `${copies} copies`;
}

interface Words {
  readonly what: (copies: string, city: string) => string;
  readonly done: string;
}

const MADE_ANEW =
  'It is made anew from another copy; your data is not in danger, and you need not do anything.';
const NOTHING_LOST = 'The other copies are not touched by this, and you need not do anything.';
const REMADE =
  '別のコピーから作り直しています。データは失われていません。お客様の操作は必要ありません。';

const WORDS: Readonly<Record<Language, Readonly<Record<VerdictKind, Words>>>> = {
  en: {
    tampering: {
      what: (copies, city) =>
        `somebody has changed ${copies} of your sealed data in ${city}. Nobody could read it.`,
      done:
        'New copies are made at another place, nothing new goes to this store, and its operator is asked. ' +
        'The proof is kept for you.',
    },
    rogue: {
      what: (copies, city) =>
        `the store in ${city}, which holds ${copies} of your sealed data, ` +
        'does not do what it signs, or is not who it should be.',
      done: 'Nothing new goes there and your copies are made anew at other places. The proof is kept for you.',
    },
    misdirected: {
      what: (copies, city) => `in ${city} a disk has written over a part of ${copies}.`,
      done: MADE_ANEW,
    },
    loss: {
      what: (copies, city) => `the store in ${city} has lost ${copies} of your sealed data.`,
      done: MADE_ANEW,
    },
    decay: {
      what: (copies, city) => `in ${city} ${copies} had decayed, as disks do with time.`,
      done: MADE_ANEW,
    },
    passing: {
      what: (copies, city) => `an error in reading ${copies} in ${city} did not come back.`,
      done: NOTHING_LOST,
    },
    outage: {
      what: (copies, city) => `the store in ${city}, with ${copies} of yours, did not answer.`,
      done: NOTHING_LOST,
    },
    unexplained: {
      what: (copies, city) =>
        `${copies} in ${city} are not as they should be, and nothing that the store says explains why.`,
      done: `${MADE_ANEW} The store is watched.`,
    },
  },
  ja: {
    tampering: {
      what: (copies, city) =>
        `${city}の保管先で、封印されたデータのコピー${copies}件が何者かに書き換えられました。内容は読まれていません。`,
      done: '別の場所に新しいコピーを作り、この保管先には今後保存しません。証拠は保管してあります。',
    },
    rogue: {
      what: (copies, city) =>
        `コピー${copies}件を預かる${city}の保管先が、署名した内容と異なる動作をしたか、本人であることを示せませんでした。`,
      done: '今後ここには保存せず、別の場所に新しいコピーを作ります。証拠は保管してあります。',
    },
    misdirected: {
      what: (copies, city) =>
        `${city}の保管先で、ディスクがコピー${copies}件の一部に誤って上書きしました。`,
      done: REMADE,
    },
    loss: {
      what: (copies, city) => `${city}の保管先がコピー${copies}件を失いました。`,
      done: REMADE,
    },
    decay: {
      what: (copies, city) =>
        `${city}の保管先で、コピー${copies}件に経年による劣化が見つかりました。`,
      done: REMADE,
    },
    passing: {
      what: (copies, city) =>
        `${city}の保管先でコピー${copies}件の読み取りに一時的な誤りがありましたが、再発していません。`,
      done: '他のコピーに影響はありません。お客様の操作は必要ありません。',
    },
    outage: {
      what: (copies, city) => `コピー${copies}件を預かる${city}の保管先が応答しませんでした。`,
      done: '他のコピーに影響はありません。お客様の操作は必要ありません。',
    },
    unexplained: {
      what: (copies, city) =>
        `${city}の保管先のコピー${copies}件に、説明のつかない違いが見つかりました。`,
      done: `${REMADE}この保管先は監視しています。`,
    },
  },
};
