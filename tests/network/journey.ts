// What a member does with a network, and what must come of it, whatever the network is made of.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { SeededRandom } from '@kura/testing';
import { describeEnd, type Ended } from '../real/kura.ts';
import { assertSameTree, describeTree, restored, writeFiles, writeSample } from '../real/tree.ts';
import type { RunningNetwork } from './start.ts';

export class Journey {
  readonly #network: RunningNetwork;
  readonly #home: string;
  readonly #random: SeededRandom;
  #saves = 0;
  #tree: readonly string[] = [];

  private constructor(network: RunningNetwork, home: string, seed: number) {
    this.#network = network;
    this.#home = home;
    this.#random = new SeededRandom(seed);
  }

  /** Somebody joins, and has files. */
  static async begin(network: RunningNetwork, home: string, seed = 1): Promise<Journey> {
    const journey = new Journey(network, home, seed);
    await network.join(home);
    writeSample(journey.#source, journey.#random);
    return journey;
  }

  /** Something is new each time. */
  async save(): Promise<void> {
    const name = `new/${this.#saves++}.bin`;
    writeFiles(this.#source, { [name]: this.#random.bytes(1 + this.#random.below(2_000_000)) });
    await this.#done('backup', this.#source);
    this.#tree = describeTree(this.#source);
  }

  /** What was saved last comes back identical. */
  async getBack(): Promise<void> {
    const target = join(this.#network.folder, `${this.#home}.back`);
    await this.#done('restore', 'latest', '--target', target);
    assertSameTree(restored(target, this.#source), this.#tree);
    rmSync(target, { recursive: true });
  }

  /** Every copy is there and right. */
  async check(): Promise<void> {
    await this.#done('check', '--read-data');
  }

  get #source(): string {
    return join(this.#network.folder, `${this.#home}.source`);
  }

  async #done(...argv: string[]): Promise<Ended> {
    const ended = await this.#network.member(this.#home, ...argv);
    assert.equal(ended.code, 0, describeEnd(ended));
    return ended;
  }
}
