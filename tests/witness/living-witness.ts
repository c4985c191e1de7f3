// A real witness on loopback, in the process of a test, over a disk in memory: asked as any witness is, and remembering
// what it has judged.
import { systemAlarmClock } from '@kura/base';
import { ADD_CHECKPOINT, MAX_ADD_CHECKPOINT_BYTES } from '@kura/contract/wire/add-checkpoint.ts';
import type { TestNetwork } from '@kura/coordinator/fixtures.ts';
import { addWitness } from '@kura/coordinator/log/witnesses.ts';
import { transact } from '@kura/database';
import { MemoryDisk } from '@kura/testing';
import { type PlainService, servePlain } from '@kura/wire/server/plain.ts';
import { foundWitness, readWitnessSeed } from '@kura/witness/found.ts';
import type { Judgement } from '@kura/witness/judge.ts';
import { KeptCheckpoints } from '@kura/witness/kept-checkpoints.ts';
import { Witness } from '@kura/witness/witness.ts';

export class LivingWitness {
  /** In a network's tables; its key is called after it. */
  readonly name: string;
  readonly judged: Judgement['kind'][] = [];
  /** Called before a request is answered. */
  onAsked: () => Promise<void> = async () => undefined;
  #service: PlainService | undefined;

  constructor(name = 'w1') {
    this.name = name;
  }

  /** Serves the log of this network, which asks it from now on. */
  async start(network: TestNetwork): Promise<void> {
    const { log } = network.coordinator.charter;
    const { random } = network;
    const config = { state: '/state', witness: { name: `${this.name}.example`, logs: '' } };
    const disk = new MemoryDisk();
    disk.makeFolder('/state');
    const verifierKey = await foundWitness(config, { disk, random });
    const witness = new Witness({
      signer: { name: config.witness.name, seed: readWitnessSeed(config, disk) },
      kept: KeptCheckpoints.open({ disk, random }, config.state),
      logs: () => new Map([[log.origin, log]]),
      nowMs: () => systemAlarmClock.nowMs(),
      onJudged: (_, kind) => this.judged.push(kind),
    });
    const answer = async (body: Uint8Array) => {
      await this.onAsked();
      return await witness.addCheckpoint(body);
    };
    const posts = { [`/${ADD_CHECKPOINT}`]: { maxBytes: MAX_ADD_CHECKPOINT_BYTES, answer } };
    this.#service = await servePlain('127.0.0.1:0', {}, { posts });
    const url = `http://${this.#service.address}`;
    await transact(network.database, (rows) =>
      addWitness(rows, { name: this.name, verifierKey, url }, network.clock.nowMs()),
    );
  }

  close(): void {
    this.#service?.close();
  }
}
