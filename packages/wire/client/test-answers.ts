// What a service may answer instead of an answer, for tests of whatever reads answers.
import { MIB } from '@kura/base';
import { answerText, jsonAnswer } from '../test-rogue.ts';

export const ERROR = (code: string, message = 'no'): string => JSON.stringify({ code, message });

/** What a service answers to `describe` → code that the caller gets. */
export const ANSWERS: Readonly<Record<string, readonly [string, string]>> = {
  'a page of a proxy': [
    answerText(200, ['Content-Type: text/html', 'Content-Length: 2'], 'hi'),
    'corrupt',
  ],
  'another status than expected': [answerText(204, []), 'corrupt'],
  'a redirection': [answerText(302, ['Location: https://evil', 'Content-Length: 0']), 'corrupt'],
  'no length': [
    answerText(200, ['Content-Type: application/json', 'Connection: close'], '{}'),
    'corrupt',
  ],
  'parts instead of a length': [
    answerText(
      200,
      ['Content-Type: application/json', 'Transfer-Encoding: chunked'],
      '2\r\n{}\r\n0\r\n\r\n',
    ),
    'corrupt',
  ],
  'a length beyond the endpoint’s': [
    answerText(200, ['Content-Type: application/json', 'Content-Length: 99999999']),
    'corrupt',
  ],
  'JSON that is none': [jsonAnswer('{'), 'corrupt'],
  'JSON of another shape': [jsonAnswer('{"text":5}'), 'corrupt'],
  'an error that is refused': [jsonAnswer(ERROR('refused'), 403), 'refused'],
  'an error with a code that nobody knows': [jsonAnswer(ERROR('lunch'), 403), 'corrupt'],
  'an error without a word': [answerText(404, ['Content-Length: 0']), 'corrupt'],
  'an error of a megabyte': [jsonAnswer(ERROR('refused', 'x'.repeat(MIB)), 403), 'corrupt'],
};
