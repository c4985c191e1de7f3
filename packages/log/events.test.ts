import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KuraError } from '@kura/base';
import fc from 'fast-check';
import { canonicalJson, type JsonValue } from './canonical-json.ts';
import {
  describeRecord,
  headOfRecord,
  nameOfRecord,
  parseCustodyRecord,
} from './custody-record.ts';
import { EVENT_NAMES, formatEvent, MAX_EVENT_BYTES, parseEvent } from './events.ts';
import { TestLog } from './test-custody.ts';

const isRefusal = (error: unknown): boolean =>
  error instanceof KuraError && error.code === 'refused';

type Fields = Record<string, JsonValue>;

/** The body with `change` made to its fields, still canonical. */
function changed(body: string, change: (fields: Fields, subject: Fields) => void): string {
  const fields = JSON.parse(body) as Fields;
  change(fields, fields.subject as Fields);
  return canonicalJson(fields);
}

describe('custody events', () => {
  for (const name of EVENT_NAMES) {
    const body = new TestLog().eventBody(name);

    it(`"${name}" comes back as it was written, and says in words what it is`, () => {
      assert.equal(formatEvent(parseEvent(body)), body);
      const record = parseCustodyRecord(body);
      assert.equal(nameOfRecord(record), name);
      assert.notEqual(describeRecord(record), '');
      assert.equal(headOfRecord(record).salt, parseEvent(body).salt);
    });

    it(`"${name}" with a field more, less or of another kind is refused`, () => {
      const { subject } = parseEvent(body);
      for (const field of Object.keys(subject)) {
        const without = changed(body, (_, fields) => delete fields[field]);
        const other = changed(body, (_, fields) => {
          fields[field] = { of: 'another kind' };
        });
        for (const wrong of [without, other])
          assert.throws(() => parseEvent(wrong), isRefusal, field);
      }
      const more = changed(body, (_, fields) => {
        fields.more = 1;
      });
      assert.throws(() => parseEvent(more), isRefusal);
    });
  }

  const body = new TestLog().eventBody('deleted');
  for (const [why, wrong] of Object.entries({
    'of an unknown kind': changed(body, (fields) => {
      fields.kind = 'kura/2 custody event';
    }),
    'with an unknown name': changed(body, (fields) => {
      fields.event = 'praised';
    }),
    'with the subject of another': changed(body, (fields) => {
      fields.event = 'moved';
    }),
    'with a store twice': changed(body, (_, subject) => {
      const [store] = subject.stores as JsonValue[];
      subject.stores = [store ?? null, store ?? null];
    }),
    'with a time before 1970': changed(body, (fields) => {
      fields.timeMs = -1;
    }),
    'with a short salt': changed(body, (fields) => {
      fields.salt = '00';
    }),
    'with white space': ` ${body}`,
    'longer than its bound': changed(body, (fields) => {
      fields.salt = '0'.repeat(MAX_EVENT_BYTES);
    }),
  })) {
    it(`an event ${why} is refused`, () => {
      assert.throws(() => parseEvent(wrong), isRefusal);
    });
  }

  it('arbitrary text is refused with a typed error', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        assert.throws(() => parseCustodyRecord(text), isRefusal);
      }),
    );
  });

  it('the receipt of a snapshot is a record of custody too', () => {
    const record = parseCustodyRecord(new TestLog().snapshotBody());
    assert.equal(nameOfRecord(record), 'accepted');
    assert.match(describeRecord(record), /2 packs in osaka/);
  });
});
