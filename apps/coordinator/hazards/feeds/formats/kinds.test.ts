import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kindOfSame, kindOfWords, saysItIsATest } from './kinds.ts';

test('the words of agencies name the kind of hazard', () => {
  const kinds: Readonly<Record<string, readonly string[]>> = {
    tsunami: ['Tsunami Warning', '津波警報・注意報・予報'],
    earthquake: ['Earthquake', 'Erdbeben'],
    surge: ['Storm Surge Warning', 'Coastal Flood Watch', '7; coastalevent'],
    tornado: ['Tornado Watch'],
    cyclone: ['Hurricane Warning', 'Tropical Storm Watch', 'Typhoon'],
    volcano: ['Ashfall Advisory', '噴火速報'],
    flood: [
      'Flash Flood Watch',
      'Debris Flow',
      '10; rain',
      '12; flooding',
      'Hochwasser',
      '大雨警報',
      '土砂災害警戒情報',
    ],
    wildfire: ['Red Flag Warning', 'Grassfire', '8; forest-fire'],
    winter: [
      'Freezing Rain Advisory',
      'Winter Storm Warning',
      '2; snow-ice',
      'Ice Storm Warning',
      '暴風雪警報',
    ],
    wind: ['High Wind Warning', 'SEVERE THUNDERSTORM', '1; wind', '暴風警報', 'Sturmböen'],
    power: ['Power outage'],
    other: [
      'Small Craft Advisory',
      'Air Quality Alert',
      '5; high-temperature',
      'Heat Advisory',
      '波浪警報',
      '',
    ],
  };
  for (const [kind, texts] of Object.entries(kinds)) {
    for (const text of texts) assert.equal(kindOfWords(text), kind, text);
  }
});

test('SAME codes name it where the words do not', () => {
  assert.deepEqual(['FFA', 'TOR', 'EQW', 'HUW', 'SVR', 'CAE', 'ff', ''].map(kindOfSame), [
    'flood',
    'tornado',
    'earthquake',
    'cyclone',
    'wind',
    undefined,
    undefined,
    undefined,
  ]);
});

test('a message that says it is a test is one, one that says it is none is not', () => {
  for (const text of [
    'THIS IS A TEST.',
    'This is only a test',
    'this is an exercise',
    '＊＊＊これは訓練です＊＊＊',
  ]) {
    assert.ok(saysItIsATest(text), text);
  }
  for (const text of [
    'This is not a test',
    'test results of the levee',
    'McLaren Vale TEST on the Peninsula',
  ]) {
    assert.ok(!saysItIsATest(text), text);
  }
});
