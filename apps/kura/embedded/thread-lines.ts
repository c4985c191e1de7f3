// Lines in threads, as the planner sees them: each call becomes a message.
import type { Line, LineFactory, LineSetup } from '@kura/agent';
import type { LineBlueprint } from './line.ts';
import type { LineNews } from './line-thread.ts';
import { asError, ThreadCaller } from './thread-caller.ts';

export type Blueprint = Omit<LineBlueprint, 'table' | 'markedPacks'>;

export class ThreadLines implements LineFactory {
  readonly #blueprint: Blueprint;
  readonly #count: number;
  #threads: ThreadCaller<LineNews>[] = [];

  constructor(blueprint: Blueprint, count: number) {
    this.#blueprint = blueprint;
    this.#count = count;
  }

  async open(setup: LineSetup): Promise<readonly Line[]> {
    const data: LineBlueprint = {
      ...this.#blueprint,
      table: setup.table.memory,
      markedPacks: setup.markedPacks,
    };
    const program = new URL('./line-thread.ts', import.meta.url);
    for (let index = 0; index < this.#count; index++) {
      const thread: ThreadCaller<LineNews> = new ThreadCaller<LineNews>({
        program,
        data,
        onNews: (news) => {
          if ('finished' in news) setup.onFinished(news.finished);
          else void answerRescue(thread, news.rescue, setup);
        },
      });
      this.#threads.push(thread);
    }
    await Promise.all(this.#threads.map((thread) => thread.ready));
    return this.#threads.map(lineOf);
  }

  async close(): Promise<void> {
    const threads = this.#threads;
    this.#threads = [];
    await Promise.all(threads.map((thread) => thread.end()));
  }
}

function lineOf(thread: ThreadCaller<LineNews>): Line {
  return {
    files: (task) => thread.call('files', task),
    share: (task) => thread.call('share', task),
    pack: (frame) => thread.call('pack', frame),
    adopt: (segment) => thread.call('adopt', segment),
    finishData: () => thread.call('finishData'),
    planFolderPack: (moreBytes) => thread.call('planFolderPack', moreBytes),
    finishFolders: () => thread.call('finishFolders'),
    abort: async () => {
      await thread.call('abort').catch(() => undefined);
    },
  };
}

async function answerRescue(
  thread: ThreadCaller<LineNews>,
  packNumber: number,
  setup: LineSetup,
): Promise<void> {
  try {
    thread.tell({ packNumber, isRescued: await setup.rescue(packNumber) });
  } catch (error) {
    thread.die(asError(error));
  }
}
