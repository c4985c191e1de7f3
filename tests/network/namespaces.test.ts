// Goal: what can be reached on a network of several machines, seen from each of them (B1, R34): a client that can
// reach a store's machine finds no way to its inward port, and at a strict store no port at all. Every program
// runs in a network namespace of its own, so "cannot be reached" is the kernel's word and not ours.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Journey } from './journey.ts';
import { Machines, NO_MACHINES } from './machines.ts';
import { type RunningNetwork, startNetwork } from './start.ts';

const KNOCK = fileURLToPath(new URL('knock.ts', import.meta.url));
/** Which machine each program, and each person, is at. */
const WHERE: Readonly<Record<string, string>> = {
  coordinator: 'office',
  operator: 'office',
  'store-osaka': 'osaka',
  'store-frankfurt': 'frankfurt',
  'reader-frankfurt': 'frankfurt',
};
const CLIENT = 'home';

describe('machines on one network', { skip: NO_MACHINES }, () => {
  let machines: Machines;
  let network: RunningNetwork;

  before(async () => {
    machines = new Machines(['office', 'osaka', 'frankfurt', CLIENT]);
    network = await startNetwork({
      stores: [
        { city: 'osaka', kind: 'strict' },
        { city: 'frankfurt', kind: 'card-readable' },
      ],
      machineOf: (name) => machines.of(WHERE[name] ?? CLIENT),
    });
  });
  after(async () => {
    await network?.close();
    machines?.close();
  });

  /** What `knock.ts` finds from a machine. */
  const knock = (from: string, ...argv: string[]): unknown => {
    const [program = '', ...rest] = machines.of(from).through;
    const started = spawnSync(program, [...rest, process.execPath, KNOCK, ...argv], {
      encoding: 'utf8',
    });
    assert.equal(started.status, 0, started.stderr);
    return JSON.parse(started.stdout);
  };

  it('A14, A21: a member at a fourth machine saves, and gets back', async () => {
    const journey = await Journey.begin(network, 'grace');
    await journey.save();
    await journey.getBack();
  });

  it('B1: no port of a strict store is open to anybody, its gateway included', () => {
    const { host } = machines.of('osaka');
    assert.deepEqual(network.process('store-osaka').listening(), []);
    assert.deepEqual(knock(CLIENT, 'ports', host), []);
    assert.deepEqual(knock('office', 'ports', host), []);
  });

  it('B1, R34: the inward port says nothing to a client, and does to a machine with a gateway', () => {
    const { host } = machines.of('frankfurt');
    const [inward, outward] = [
      network.portOf('store-frankfurt'),
      network.portOf('reader-frankfurt'),
    ];
    // Health pages are for the machine itself.
    assert.deepEqual(
      knock(CLIENT, 'ports', host),
      [inward, outward].sort((a, b) => a - b),
    );
    const tls = (from: string, port: number) => knock(from, 'tls', host, String(port));
    assert.deepEqual(tls(CLIENT, inward), { isTaken: true, bytes: 0 });
    const answered = tls('office', inward) as { readonly bytes: number };
    assert.ok(answered.bytes > 0, 'a gateway is asked for its certificate');
    const reading = tls(CLIENT, outward) as { readonly bytes: number };
    assert.ok(reading.bytes > 0, 'the reader is for clients');
  });
});
