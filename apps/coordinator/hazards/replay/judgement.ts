// What a judge says: whether a check holds, and why, in a sentence with times.
import { isoTime } from '@kura/base';

export interface Judgement {
  readonly holds: boolean;
  readonly why: string;
}

export const holds = (why: string): Judgement => ({ holds: true, why });
export const fails = (why: string): Judgement => ({ holds: false, why });

/** "2018-09-05 18:08:30 UTC" */
export const timeText = (timeMs: number): string =>
  `${isoTime(timeMs).slice(0, 19).replace('T', ' ')} UTC`;
