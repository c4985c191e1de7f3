// A thread for the tests of calls between threads: it answers, fails, tells and dies as it is asked.
import { KuraError } from '@kura/base';
import { threadServer } from './thread-server.ts';

const server = threadServer<string>();

server.serve(
  {
    double: async (value: number) => value * 2,
    refuse: async (message: string) => {
      throw new KuraError('no_space', message);
    },
    say: async (news: string) => server.say(news),
    never: () => new Promise(() => undefined),
    die: async () => process.exit(1),
  },
  (told) => server.say(`told ${String(told)}`),
);
