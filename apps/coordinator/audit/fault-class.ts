// What an error says about the copy that was asked for. What says nothing about it is *unknown*, which is believed
// three times; only what never reached a store is *offline*.
import { AssertionError, asKuraError } from '@kura/base';
import type { AuditClass } from './plan/classes.ts';

export interface Fault {
  readonly class: AuditClass;
  readonly why: string;
}

/** Why an answer that did come was refused by whoever read it. */
const OF_ANSWERS: ReadonlySet<string> = new Set(['malformed', 'signature', 'store', 'challenge']);

/** Throws what is a mistake of ours. */
export function faultOf(error: unknown): Fault {
  if (error instanceof AssertionError) throw error;
  const { code, message, context } = asKuraError(error, 'a store could not be asked');
  return { class: classOf(code, context), why: message };
}

function classOf(
  code: string,
  context: Readonly<Record<string, string | number | boolean>>,
): AuditClass {
  switch (code) {
    case 'missing':
    case 'not_found':
      return 'missing';
    case 'corrupt':
      return 'wrong';
    case 'refused':
      return OF_ANSWERS.has(String(context.reason)) ? 'unknown' : 'refused';
    case 'usage':
    case 'unsupported':
      return 'refused';
    case 'unreachable':
    case 'interrupted':
    case 'busy':
      return 'offline';
    case 'io':
      return 'errno' in context ? 'unreadable' : 'unknown';
    default:
      return 'unknown';
  }
}
