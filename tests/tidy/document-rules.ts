// Rules about documents: what they point to is there, every page can be found, and the mission table is whole.
import { posix } from 'node:path';
import type { Repository } from './repository.ts';
import type { Rule, Violation } from './rule.ts';
import { isInString, lineOf } from './source.ts';

/** Rows of the mission, by letter. */
const MISSION_ROWS: Readonly<Record<string, number>> = { A: 25, B: 13, C: 16, D: 20, E: 16 };
const MISSION = 'docs/mission.md';
/** Written by programs, so perhaps not there yet. */
const GENERATED: ReadonlySet<string> = new Set(['docs/benchmarks.md']);

/** Where to begin: leads to every page. */
const PAGES = 'docs/README.md';
/** Decisions are a folder that is linked as a whole. */
const PAGE = /^docs\/(?:(?:design|operate)\/)?[^/]+(?<!README)\.md$/;

const PATH_IN_CODE = /`((?:apps|packages|docs|tests|simulator|bench|scripts|vectors)\/[^`\s]*)`/g;
const LINK = /\]\((?!https?:|#|mailto:)([^)#\s]+)(?:#[^)]*)?\)/g;

function isPlaceholder(path: string): boolean {
  return /[*<{…]|NNNN/.test(path) || GENERATED.has(path);
}

const pointers: Rule = {
  name: 'documents point to what is there',
  reason: 'a document that no longer matches is worse than none',
  check: ({ documents, exists }) => {
    const violations: Violation[] = [];
    for (const [path, text] of documents) {
      const found = [
        ...Array.from(text.matchAll(PATH_IN_CODE), (match) => ({ match, base: '' })),
        ...Array.from(text.matchAll(LINK), (match) => ({ match, base: posix.dirname(path) })),
      ];
      for (const { match, base } of found) {
        const target = posix.join(base, match[1] ?? '');
        if (isPlaceholder(target) || exists(target)) continue;
        violations.push({ where: `${path}:${lineOf(text, match.index)}`, what: `no ${target}` });
      }
    }
    return violations;
  },
};

const listedPages: Rule = {
  name: 'every page is in the list of pages',
  reason: 'a page that nothing leads to is read by nobody',
  check: ({ documents }) => {
    const list = documents.get(PAGES) ?? '';
    const linked = new Set(
      Array.from(list.matchAll(LINK), (match) => posix.join('docs', match[1] ?? '')),
    );
    return [...documents.keys()]
      .filter((path) => PAGE.test(path) && !linked.has(path))
      .map((path) => ({ where: PAGES, what: `no link to ${path}` }));
  },
};

function missionRows(): string[] {
  return Object.entries(MISSION_ROWS).flatMap(([letter, count]) =>
    Array.from({ length: count }, (_, index) => `${letter}${index + 1}`),
  );
}

const wholeMission: Rule = {
  name: 'every row of the mission is in the table once',
  reason: 'none may be quietly left out',
  check: ({ documents }) => {
    const text = documents.get(MISSION) ?? '';
    const rows = Array.from(text.matchAll(/^\| ([A-E]\d+) \|/gm), (match) => match[1] ?? '');
    const wanted = missionRows();
    return [
      ...wanted
        .filter((row) => rows.filter((one) => one === row).length !== 1)
        .map((row) => ({ where: MISSION, what: `${row} is not there exactly once` })),
      ...rows
        .filter((row) => !wanted.includes(row))
        .map((row) => ({ where: MISSION, what: `there is no row ${row}` })),
    ];
  },
};

const TITLE = /\b(?:it|test)\(\s*['"`]((?:[A-E]\d+(?:, )?)+): /g;

const knownRows: Rule = {
  name: 'tests name rows that there are',
  reason: 'a wrong number proves another row than it says',
  check: ({ files }: Repository) => {
    const wanted = new Set(missionRows());
    const violations: Violation[] = [];
    for (const file of files) {
      for (const match of file.uncommented.matchAll(TITLE)) {
        if (isInString(file, match.index)) continue;
        const unknown = (match[1] ?? '').split(', ').filter((row) => !wanted.has(row));
        const where = `${file.path}:${lineOf(file.text, match.index)}`;
        violations.push(...unknown.map((row) => ({ where, what: `there is no row ${row}` })));
      }
    }
    return violations;
  },
};

export const DOCUMENT_RULES: readonly Rule[] = [pointers, listedPages, wholeMission, knownRows];
