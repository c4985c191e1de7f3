import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Metrics } from './metrics.ts';

describe('metrics', () => {
  it('adds up, and writes what Prometheus reads', () => {
    const metrics = new Metrics();
    const requests = metrics.counter('kura_requests_total');
    requests.add(1, { endpoint: 'receivePack', code: 'ok' });
    requests.add(2, { endpoint: 'receivePack', code: 'ok' });
    requests.add(1, { endpoint: 'receivePack', code: 'no_space' });
    metrics.gauge('kura_receive_buffer_bytes').set(17);
    const text = metrics.text();
    assert.match(text, /^kura_requests_total\{endpoint="receivePack",code="ok"\} 3$/m);
    assert.match(text, /^kura_requests_total\{endpoint="receivePack",code="no_space"\} 1$/m);
    assert.match(text, /^# TYPE kura_receive_buffer_bytes gauge\nkura_receive_buffer_bytes 17$/m);
  });

  it('counts an observation in every bucket that it fits', () => {
    const metrics = new Metrics();
    const seconds = metrics.histogram('kura_request_seconds');
    for (const value of [0.01, 0.05, 100]) seconds.observe(value, { endpoint: 'a' });
    const text = metrics.text();
    assert.match(text, /_bucket\{endpoint="a",le="0.005"\} 0$/m);
    assert.match(text, /_bucket\{endpoint="a",le="0.02"\} 1$/m);
    assert.match(text, /_bucket\{endpoint="a",le="0.1"\} 2$/m);
    assert.match(text, /_bucket\{endpoint="a",le="60"\} 2$/m);
    assert.match(text, /_bucket\{endpoint="a",le="\+Inf"\} 3$/m);
    assert.match(text, /_count\{endpoint="a"\} 3$/m);
  });

  it('remembers a bounded number of label values, and escapes them', () => {
    const metrics = new Metrics();
    const free = metrics.gauge('kura_store_free_bytes');
    free.set(1, { store: 'a"\n\\b' });
    for (let store = 0; store < 5000; store++) free.set(store, { store: String(store) });
    const lines = metrics
      .text()
      .split('\n')
      .filter((line) => line.startsWith('kura_store_free'));
    assert.equal(lines.length, 2048);
    assert.equal(lines[0], 'kura_store_free_bytes{store="a\\"\\n\\\\b"} 1');
  });
});
