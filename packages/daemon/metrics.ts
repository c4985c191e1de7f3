// Figures for Prometheus, in its text format. A name that is not in the table below does not exist, and the
// number of label values of a name is bounded: neither members nor strangers can make a program remember more.
import { assert, must } from '@kura/base';

export type Labels = Readonly<Record<string, string>>;

export interface Counter {
  add(amount: number, labels?: Labels): void;
}

export interface Gauge {
  set(value: number, labels?: Labels): void;
}

export interface Histogram {
  /** In seconds. */
  observe(value: number, labels?: Labels): void;
}

type Kind = 'counter' | 'gauge' | 'histogram';

interface Definition {
  readonly kind: Kind;
  readonly help: string;
  readonly labels: readonly string[];
}

const define = (kind: Kind, help: string, ...labels: readonly string[]): Definition => ({
  kind,
  help,
  labels,
});

/** Never an id of a member in a label. */
export const METRICS = {
  kura_requests_total: define('counter', 'Requests that ended.', 'endpoint', 'code'),
  kura_request_seconds: define(
    'histogram',
    'From the head of a request to the end of its answer.',
    'endpoint',
  ),
  kura_bytes_total: define('counter', 'Bytes of bodies.', 'direction'),
  kura_receive_buffer_bytes: define('gauge', 'Of the receive buffer, taken now.'),
  kura_uploads: define('gauge', 'Uploads under way.', 'state'),
  kura_store_free_bytes: define('gauge', 'Free on a store, as it said last.', 'store'),
  kura_stores_reachable: define('gauge', 'Stores that this gateway reaches now.'),
  kura_store_links: define('gauge', 'Connections that a store has open to this gateway.', 'store'),
  kura_lease_held: define('gauge', '1 if this process holds the lease.', 'name'),
  kura_certificate_end_seconds: define('gauge', 'When the certificate ends, since 1970.'),
  kura_revocations_age_seconds: define('gauge', 'Since the list of revocations was made.'),
  kura_scrub_copies_total: define('counter', 'Copies that a store has checked itself.', 'state'),
  kura_scrub_whole_round_seconds: define('gauge', 'When its last whole round began, since 1970.'),
  kura_store_on_hold: define('gauge', '1 if this store removes nothing now.'),
  kura_medium_errors: define('gauge', 'Errors of the medium in 30 days.'),
  kura_feed_age_seconds: define('gauge', 'Since the last good answer of a feed.', 'feed'),
  kura_hazard_events: define('gauge', 'Events in force in the world.'),
  kura_stores_by_stance: define('gauge', 'Stores, by how the network stands to them.', 'stance'),
  kura_impostors_total: define(
    'counter',
    'Callers whose certificate does not open the door.',
    'reason',
  ),
  kura_witness_lag_leaves: define('gauge', 'Leaves that a witness has not cosigned.', 'witness'),
  kura_witness_answers_total: define('counter', 'Answers of a witness.', 'answer'),
  kura_event_loop_delay_seconds: define('gauge', '99 of 100 turns were not later than this.'),
} as const satisfies Readonly<Record<string, Definition>>;

export type MetricName = keyof typeof METRICS;
/** Seconds; an upload of a large pack on a slow line is in the last. */
const BUCKETS = [0.005, 0.02, 0.1, 0.5, 2, 10, 60] as const;
/** Combinations of label values of one name; stores are the most numerous. */
const MAX_SERIES = 2048;

interface Series {
  readonly labels: Labels;
  value: number;
  /** Of a histogram: how many were at most as large as each bucket. */
  readonly counts: number[];
  count: number;
}

/** `add` and friends never throw for a value of a label: what is too many is not counted. */
export class Metrics {
  readonly #series = new Map<MetricName, Map<string, Series>>();

  counter(name: MetricName): Counter {
    this.#check(name, 'counter');
    return {
      add: (amount, labels = {}) => {
        const series = this.#of(name, labels);
        if (series !== undefined) series.value += amount;
      },
    };
  }

  gauge(name: MetricName): Gauge {
    this.#check(name, 'gauge');
    return {
      set: (value, labels = {}) => {
        const series = this.#of(name, labels);
        if (series !== undefined) series.value = value;
      },
    };
  }

  histogram(name: MetricName): Histogram {
    this.#check(name, 'histogram');
    return { observe: (value, labels = {}) => this.#observe(name, value, labels) };
  }

  /** Everything, as `text/plain; version=0.0.4`. */
  text(): string {
    const lines: string[] = [];
    for (const [name, { kind, help }] of Object.entries(METRICS)) {
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`);
      for (const series of this.#series.get(name as MetricName)?.values() ?? []) {
        if (kind === 'histogram') lines.push(...histogramLines(name, series));
        else lines.push(`${name}${show(series.labels)} ${series.value}`);
      }
    }
    return `${lines.join('\n')}\n`;
  }

  #check(name: MetricName, kind: Kind): void {
    assert(METRICS[name].kind === kind, `${name} is a ${kind}`);
  }

  #of(name: MetricName, labels: Labels): Series | undefined {
    const expected = METRICS[name].labels;
    assert(
      Object.keys(labels).length === expected.length && expected.every((one) => one in labels),
      `${name} has the labels ${expected.join(', ')}`,
    );
    const all = this.#series.get(name) ?? new Map<string, Series>();
    this.#series.set(name, all);
    const key = show(labels);
    const known = all.get(key);
    if (known !== undefined || all.size >= MAX_SERIES) return known;
    const made = { labels, value: 0, counts: BUCKETS.map(() => 0), count: 0 };
    all.set(key, made);
    return made;
  }

  #observe(name: MetricName, value: number, labels: Labels): void {
    const series = this.#of(name, labels);
    if (series === undefined) return;
    series.value += value;
    series.count++;
    for (const [at, most] of BUCKETS.entries()) {
      if (value <= most) series.counts[at] = must(series.counts[at], 'a count per bucket') + 1;
    }
  }
}

function histogramLines(name: string, { labels, counts, count, value }: Series): string[] {
  const buckets = BUCKETS.map(
    (most, at) => `${name}_bucket${show({ ...labels, le: String(most) })} ${counts[at] ?? 0}`,
  );
  return [
    ...buckets,
    `${name}_bucket${show({ ...labels, le: '+Inf' })} ${count}`,
    `${name}_sum${show(labels)} ${value}`,
    `${name}_count${show(labels)} ${count}`,
  ];
}

function show(labels: Labels): string {
  const entries = Object.entries(labels);
  if (entries.length === 0) return '';
  const escaped = (value: string): string =>
    value.slice(0, 128).replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n');
  return `{${entries.map(([name, value]) => `${name}="${escaped(value)}"`).join(',')}}`;
}
