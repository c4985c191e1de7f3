import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ByteString, byteString, type Clock, KuraError, MIB } from '@kura/base';
import { printError } from '../errors/print.ts';
import { BufferedSink } from './buffered-sink.ts';
import { escapeText } from './escape.ts';
import { jsonPath, Output } from './output.ts';
import { JsonProgress, RateMeter, TerminalProgress } from './progress.ts';
import { paint, renderLine, wantsColour } from './style.ts';
import { tableLines } from './table.ts';
import { columnsOf, fitEnd } from './width.ts';

function sink(colour = false) {
  const written: string[] = [];
  return { colour, written, write: (text: string) => void written.push(text) };
}

/** Everything that moves a cursor, recolours, rings, renames a window or turns text around. */
const ATTACKS = [
  '\x1b[2J\x1b[H',
  '\x1b]0;title\x07',
  '\x9b31m',
  'a\rb',
  'a\nkura: fake message',
  '\b\b\b',
  '\u202egnp.exe',
  '\u2066x\u2069',
  '\u200b\ufeff',
  '\x7f',
  '\ufdd0\ufdd6',
  'x\u2028y',
];

describe('texts from elsewhere (R14)', () => {
  for (const attack of ATTACKS) {
    it(`never reach the terminal raw: ${JSON.stringify(attack)}`, () => {
      for (const colour of [false, true]) {
        const line = renderLine(`file ${attack} end`, { colour });
        // Colours are the only codes that may come out, and only of those that we use.
        const rest = line.replace(/\x1b\[(?:0|1|2|31|32|33|36)m/g, '');
        assert.ok(!/[\0-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/.test(rest));
        if (!colour) assert.equal(rest, line);
      }
    });
  }

  it('are escaped in errors as well', () => {
    const err = sink();
    printError(new KuraError('io', 'store says \x1b[31mhello\n'), err, {
      json: false,
      verbose: true,
    });
    assert.ok(!err.written.join('').includes('\x1b'));
    assert.match(err.written[0] ?? '', /store says \\x1b\[31mhello\\n/);
  });

  it('stay as they are where they are plain, in any script', () => {
    assert.equal(escapeText('蔵 übung ☺ naïve'), '蔵 übung ☺ naïve');
    assert.equal(escapeText('a\tb'), 'a\\tb');
    assert.equal(escapeText('\u202e'), '\\u{202e}');
  });

  it('are exact in JSON: bytes that are no UTF-8 come along as base64', () => {
    assert.deepEqual(jsonPath(byteString('/a/ü')), { path: '/a/ü' });
    const odd = jsonPath('/a/\xff' as ByteString);
    assert.equal(Buffer.from(odd.path_base64 ?? '', 'base64').toString('latin1'), '/a/\xff');
  });
});

describe('colours', () => {
  it('appear only where they are wanted, and end with their line', () => {
    assert.equal(renderLine(paint('bad', 'no'), { colour: false }), 'no');
    assert.equal(renderLine(paint('bad', 'no'), { colour: true }), '\x1b[31mno\x1b[0m\x1b[0m');
  });

  it('are wanted on a terminal, unless NO_COLOR has a value', () => {
    const base = { isTerminal: true, noColor: undefined, term: 'xterm' };
    assert.equal(wantsColour(base), true);
    assert.equal(wantsColour({ ...base, noColor: '' }), true);
    assert.equal(wantsColour({ ...base, noColor: '0' }), false);
    assert.equal(wantsColour({ ...base, term: 'dumb' }), false);
    assert.equal(wantsColour({ ...base, isTerminal: false }), false);
  });
});

describe('tables', () => {
  it('align what is wide, combining or coloured', () => {
    assert.equal(columnsOf('蔵'), 2);
    assert.equal(columnsOf('e\u0301'), 1);
    assert.equal(columnsOf(paint('bad', 'abc')), 3);
    const rows = [
      { city: '東京', size: 5 },
      { city: 'Osaka', size: 12345 },
    ];
    const lines = tableLines(
      [
        { title: 'City', cell: ({ city }) => city },
        { title: 'Size', align: 'right', cell: ({ size }) => String(size) },
      ],
      rows,
    ).map((line) => renderLine(line, { colour: false }));
    assert.deepEqual(lines, ['City    Size', '東京       5', 'Osaka  12345']);
  });

  it('keep the end of a path that is too long', () => {
    assert.equal(fitEnd('/home/ann/notes.txt', 10), '…notes.txt');
    assert.equal(fitEnd('/a', 10), '/a');
    assert.equal(fitEnd('/a', 0), '');
    assert.ok(columnsOf(fitEnd('/東京/東京/東京', 8)) <= 8);
  });
});

describe('what goes where', () => {
  const open = (options: { json?: boolean; quiet?: boolean; verbose?: boolean }) => {
    const out = sink();
    const err = sink();
    const { json = false, quiet = false, verbose = false } = options;
    return { out, err, output: new Output({ out, err, json, quiet, verbose }) };
  };
  const say = (output: Output): void => {
    output.line('answer');
    output.record({ answer: 1 });
    output.note('note');
    output.detail('detail');
    output.warning('careful', { path: 'x' });
  };

  it('the answer to standard output, everything else to standard error', () => {
    const { out, err, output } = open({});
    say(output);
    assert.deepEqual(out.written, ['answer\n']);
    assert.deepEqual(err.written, ['note\n', 'warning: careful\n']);
  });

  it('with --json nothing but records, on both', () => {
    const { out, err, output } = open({ json: true, verbose: true });
    say(output);
    assert.deepEqual(out.written, ['{"answer":1}\n']);
    assert.deepEqual(err.written, ['{"message_type":"warning","message":"careful","path":"x"}\n']);
  });

  it('with --quiet no notes, with --verbose more of them', () => {
    const quiet = open({ quiet: true });
    say(quiet.output);
    assert.deepEqual(quiet.err.written, ['warning: careful\n']);
    const verbose = open({ verbose: true });
    say(verbose.output);
    assert.deepEqual(verbose.err.written, ['note\n', 'detail\n', 'warning: careful\n']);
  });

  it('gathers small writes unless a person is watching', () => {
    const writes: string[] = [];
    const write = (text: string): void => void writes.push(text);
    const piped = new BufferedSink({ write, colour: false, isTerminal: false });
    for (let index = 0; index < 20_000; index++) piped.write('12345678\n');
    piped.flush();
    assert.ok(writes.length < 5);
    assert.equal(writes.join('').length, 180_000);
    writes.length = 0;
    new BufferedSink({ write, colour: false, isTerminal: true }).write('x');
    assert.deepEqual(writes, ['x']);
  });
});

describe('progress', () => {
  function clockAt(): Clock & { ms: number } {
    return {
      ms: 0,
      nowMs: () => 0,
      elapsedMs() {
        return this.ms;
      },
    };
  }
  const state = (mib: number) => ({
    phase: 'saving',
    filesDone: mib,
    bytesDone: mib * MIB,
    bytesTotal: 100 * MIB,
    currentPath: '/home/ann/\x1b[2Jletter',
  });

  it('on a terminal is one line with rate and time left, rewritten in place', () => {
    const err = sink();
    const clock = clockAt();
    const progress = new TerminalProgress({ sink: err, clock, columns: () => 100 });
    for (let second = 0; second <= 5; second++) {
      clock.ms = second * 1000;
      progress.update(state(second * 10));
    }
    const last = err.written.at(-1) ?? '';
    assert.match(
      last,
      /^\r\x1b\[K\[0:05\] saving {2}50 % {2}50.0 MiB of 100 MiB {2}10.0 MiB\/s {2}0:05 left/,
    );
    assert.ok(!last.slice(4).includes('\x1b'), 'the name is escaped');
    assert.ok(columnsOf(last.slice(4)) < 100);
    progress.finish();
    assert.equal(err.written.at(-1), '\r\x1b[K');
  });

  it('shows at most ten lines a second to a person, five to a script', () => {
    for (const [make, most] of [
      [
        (err: ReturnType<typeof sink>, clock: Clock) =>
          new TerminalProgress({ sink: err, clock, columns: () => 80 }),
        10,
      ],
      [(err: ReturnType<typeof sink>, clock: Clock) => new JsonProgress({ sink: err, clock }), 5],
    ] as const) {
      const err = sink();
      const clock = clockAt();
      const progress = make(err, clock);
      for (; clock.ms < 1000; clock.ms++) progress.update(state(1));
      assert.equal(err.written.length, most);
    }
  });

  it('in JSON has the names that restic uses', () => {
    const err = sink();
    const clock = clockAt();
    const progress = new JsonProgress({ sink: err, clock });
    progress.update(state(0));
    clock.ms = 1000;
    progress.update(state(25));
    const record = JSON.parse(err.written.at(-1) ?? '');
    assert.deepEqual(record, {
      message_type: 'status',
      phase: 'saving',
      seconds_elapsed: 1,
      seconds_remaining: 3,
      percent_done: 0.25,
      files_done: 25,
      total_bytes: 100 * MIB,
      bytes_done: 25 * MIB,
      bytes_per_second: 25 * MIB,
      current_files: ['/home/ann/\x1b[2Jletter'],
    });
  });

  it('what counts things only is as far as its things are', () => {
    const err = sink();
    const progress = new JsonProgress({ sink: err, clock: clockAt() });
    progress.update({ phase: 'checking', filesDone: 3, filesTotal: 12, bytesDone: 0 });
    assert.equal(JSON.parse(err.written.at(-1) ?? '').percent_done, 0.25);
  });

  it('forgets a rate of long ago', () => {
    const meter = new RateMeter();
    for (let second = 0; second <= 60; second++)
      meter.add(second * 1000, second < 30 ? 0 : second * 100);
    assert.ok(Math.abs((meter.bytesPerSecond() ?? 0) - 100) < 1);
    assert.equal(new RateMeter().bytesPerSecond(), undefined);
  });
});
