// What a program says while it runs.
export type LogLevel = 'debug' | 'info' | 'warning' | 'error';
export type LogValue = string | number | boolean;

export interface Log {
  /**
   * One line: what happened, and facts. A field that is not in the table of this file is dropped, so that a
   * secret cannot slip in under a new name.
   */
  event(
    level: LogLevel,
    name: string,
    fields?: Readonly<Record<string, LogValue | undefined>>,
  ): void;
}
