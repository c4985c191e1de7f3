import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { describe, it } from 'node:test';
import { KuraError } from '@kura/base';
import { ManualAlarmClock } from '@kura/testing';
import { JsonLog } from '../log.ts';
import { Metrics } from '../metrics.ts';
import { processSignals } from './process-signals.ts';
import type { Program } from './program.ts';
import { runProgram } from './run.ts';

class TestProgram implements Program {
  readonly calls: string[] = [];
  reasons: readonly string[] = [];
  /** Resolves a stop that hangs. */
  hang: Promise<void> | undefined;
  onStop: (() => void) | undefined;

  async start(): Promise<void> {
    this.calls.push('start');
  }

  ready(): readonly string[] {
    return this.reasons;
  }

  async reload(): Promise<void> {
    this.calls.push('reload');
    throw new KuraError('io', 'the new certificate is unreadable');
  }

  async stop(graceMs: number): Promise<void> {
    this.calls.push(`stop ${graceMs}`);
    this.onStop?.();
    await this.hang;
  }
}

const HEALTH = { address: '127.0.0.1:0' };

/** A program that has begun, with its process and what it logged. */
async function begin(program: Program, health: { readonly address?: string } = HEALTH) {
  const { address: healthAddress } = health;
  const process = new EventEmitter();
  const clock = new ManualAlarmClock();
  const lines: string[] = [];
  const metrics = new Metrics();
  const log = new JsonLog({
    program: 'store',
    clock,
    level: 'info',
    write: (line) => lines.push(line),
  });
  let ended: Promise<void> = Promise.resolve();
  const address = await new Promise<string | undefined>((resolve, reject) => {
    ended = runProgram(program, {
      signals: processSignals(process),
      healthAddress,
      onReady: resolve,
      ...{ log, metrics, clock },
    });
    ended.catch(reject);
  });
  const page = async (path: string) => {
    const answer = await fetch(`http://${address}${path}`, { headers: { connection: 'close' } });
    return { status: answer.status, text: await answer.text() };
  };
  return { process, clock, lines, ended, page, metrics, address };
}

describe('the life of a program', () => {
  it('B1: runs without health pages, and then nothing listens for them', async () => {
    const program = new TestProgram();
    const { process, ended, address } = await begin(program, {});
    assert.equal(address, undefined);
    process.emit('SIGTERM');
    await ended;
  });

  it('starts, answers for its health, and ends well when it is asked to', async () => {
    const program = new TestProgram();
    const { process, ended, page, metrics } = await begin(program);
    assert.deepEqual(await page('/live'), { status: 200, text: 'live\n' });
    assert.deepEqual(await page('/ready'), { status: 200, text: 'ready\n' });
    program.reasons = ['the disk is full'];
    assert.deepEqual(await page('/ready'), { status: 503, text: 'the disk is full\n' });
    metrics.gauge('kura_receive_buffer_bytes').set(5);
    assert.match((await page('/metrics')).text, /^kura_receive_buffer_bytes 5$/m);
    assert.equal((await page('/secrets')).status, 404);
    process.emit('SIGTERM');
    await ended;
    assert.deepEqual(program.calls, ['start', 'stop 30000']);
    assert.equal(process.listenerCount('SIGTERM'), 0);
  });

  it('goes on with what it had if a reload fails', async () => {
    const program = new TestProgram();
    const { process, ended, page, lines } = await begin(program);
    process.emit('SIGHUP');
    assert.equal((await page('/ready')).status, 200);
    assert.match(lines.join(''), /reload failed.*new certificate is unreadable/);
    process.emit('SIGINT');
    await ended;
  });

  it('ends at once at a second signal', async () => {
    const program = new TestProgram();
    program.hang = new Promise(() => undefined);
    const { process, ended } = await begin(program);
    program.onStop = () => setImmediate(() => process.emit('SIGTERM'));
    process.emit('SIGTERM');
    await ended;
    assert.deepEqual(program.calls, ['start', 'stop 30000']);
  });

  it('ends when its grace is over, whatever hangs', async () => {
    const program = new TestProgram();
    program.hang = new Promise(() => undefined);
    const { process, ended, clock } = await begin(program);
    process.emit('SIGTERM');
    await clock.whenArmed(31_000);
    clock.advance(31_000);
    await ended;
  });

  it('stops and fails at an error that nobody expected', async () => {
    const program = new TestProgram();
    const { process, ended, lines } = await begin(program);
    process.emit('uncaughtException', new Error('a shelf with two ends'));
    await assert.rejects(ended, /two ends/);
    assert.match(lines.join(''), /"event":"failed".*two ends/);
    assert.deepEqual(program.calls, ['start', 'stop 30000']);
  });
});
