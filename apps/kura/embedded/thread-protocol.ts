// What passes between the main thread and the others.

export type ToThread =
  | { readonly call: number; readonly method: string; readonly argument: unknown }
  | { readonly told: unknown };

export type FromThread<News> =
  | { readonly kind: 'answer'; readonly call: number; readonly value: unknown }
  | { readonly kind: 'failure'; readonly call: number; readonly error: SentError }
  | { readonly kind: 'news'; readonly news: News };

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
  /** Of the operating system: "EIO". */
  readonly errno: string | undefined;
  readonly stack: string | undefined;
}
