// Goal: what an operator writes into `[hazards]` is what is watched, and what makes no sense is said at the start.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readConfig } from '@kura/daemon/config/load.ts';
import { COORDINATOR_CONFIG } from '@kura/daemon/config/programs.ts';
import { refusal } from '../../fixtures.ts';
import { defaultCatalogue } from '../feeds/catalogue.ts';
import { catalogueOf } from './open-watch.ts';

const FILE = `role = "coordinator"
state = "state"
[listen]
address = "127.0.0.1:7443"
[database]
url = "network.db"
`;

function read(section: string, environment: Readonly<Record<string, string>> = {}) {
  return readConfig(FILE + section, COORDINATOR_CONFIG, { folder: '/etc/kura', environment });
}

describe('[hazards]', () => {
  it('without the section nobody is asked', () => {
    assert.equal(read('').loaded?.value.hazards, undefined);
  });

  it('names feeds, further CAP indexes, a proxy, and files beside the configuration', () => {
    const section = `[hazards]
contact = "ops@example.org"
feeds = ["usgs", "nws"]
cap_feeds = ["austria https://feeds.example.org/at.xml 120"]
proxy = "http://proxy.example.org:3128"
base_risk = "base.csv"
`;
    const hazards = read(section).loaded?.value.hazards;
    assert.equal(hazards?.enabled, true);
    assert.equal(hazards?.baseRisk, '/etc/kura/base.csv');
    const entries = catalogueOf(hazards ?? {});
    assert.deepEqual(
      entries.map(({ name, hosts, intervalMs }) => [name, hosts[0], intervalMs]),
      [
        ['usgs', 'earthquake.usgs.gov', 60_000],
        ['nws', 'api.weather.gov', 60_000],
        ['austria', 'feeds.example.org', 120_000],
      ],
    );
  });

  it('a list in the environment is separated by semicolons', () => {
    const environment = {
      KURA_HAZARDS_CONTACT: 'ops@example.org',
      KURA_HAZARDS_FEEDS: 'nhc; gdacs',
    };
    const hazards = read('', environment).loaded?.value.hazards;
    assert.deepEqual(hazards?.feeds, ['nhc', 'gdacs']);
  });

  it('a contact is needed, and a list is a list', () => {
    assert.match(read('[hazards]\n').problems[0]?.what ?? '', /"hazards.contact" is missing/);
    const wrong = read('[hazards]\ncontact = "a@b"\nfeeds = "usgs"\n').problems[0]?.what ?? '';
    assert.match(wrong, /"hazards.feeds" must be a list of at most 32 texts/);
  });

  it('all of the catalogue if no feed is named; unknown, twice or plain http is refused', () => {
    assert.equal(catalogueOf({}).length, defaultCatalogue().length);
    assert.throws(() => catalogueOf({ feeds: ['sharks'] }), refusal('usage', /no feed "sharks"/));
    for (const one of ['nws https://a.example/x', 'Plain http://a.example/x', 'x', 'a https://']) {
      assert.throws(() => catalogueOf({ capFeeds: [one] }), refusal('usage'), one);
    }
  });

  it('nobody is asked more often than once a minute', () => {
    const [entry] = catalogueOf({ feeds: [], capFeeds: ['fast https://a.example/x 10'] });
    assert.equal(entry?.intervalMs, 60_000);
  });
});
