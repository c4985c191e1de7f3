// What passes between a backup and a line in a thread of its own: calls and answers by number, and the two
// things a line says unasked.
import type { FinishedPack } from '@kura/agent';

export interface LineCall {
  readonly call: number;
  readonly method: LineMethod;
  readonly argument: unknown;
}

export const LINE_METHODS = [
  'files',
  'share',
  'pack',
  'adopt',
  'finishData',
  'planFolderPack',
  'finishFolders',
  'abort',
] as const;
export type LineMethod = (typeof LINE_METHODS)[number];

export interface LineRescueAnswer {
  readonly rescued: number;
  readonly isRescued: boolean;
}

/** An error as plain data; KuraErrors keep their shape. */
export interface SentError {
  readonly message: string;
  readonly kura:
    | {
        readonly code: string;
        readonly guidance: string | undefined;
        readonly context: Readonly<Record<string, string | number | boolean>>;
      }
    | undefined;
  readonly stack: string | undefined;
}

export type FromLine =
  | { readonly kind: 'ready' }
  | { readonly kind: 'answer'; readonly call: number; readonly value: unknown }
  | { readonly kind: 'failure'; readonly call: number; readonly error: SentError }
  | { readonly kind: 'finished'; readonly pack: FinishedPack }
  | { readonly kind: 'rescue'; readonly packNumber: number };

export type ToLine = LineCall | LineRescueAnswer;
