// What stands below the help of commands that need no more than that: lines that are good as they are, but for ids.
import type { Command } from 'commander';

const EXAMPLES = [
  'kura operator enrol',
  'kura operator enrol --invitation-file founded',
  'kura operator invite store',
  'kura operator invite operator --name grace --hours 24',
  'kura operator members invite --plan standard --mail grace@example.org',
  'kura operator members list --json',
  'kura operator members show 5f0c…',
  'kura operator members suspend 5f0c…',
  'kura operator members resume 5f0c…',
  'kura operator members close 5f0c…',
  'kura operator contracts set 5f0c… --plan premium --paid-until 2027-12-31',
  'kura operator closings give 5f0c… --days 60',
  'kura operator closings list',
  'kura operator closings revoke 5f0c…',
  'kura operator plans list',
  'kura operator plans set family --levels 0=2,5=3 --capacity 500G --uses 24 --fee 900',
  'kura operator stores list --json',
  'kura operator stores admit 4f0c… --level 2',
  'kura operator stores release 4f0c…',
  'kura operator stores retire 4f0c…',
  'kura operator stores lose 4f0c…',
  "kura operator witnesses add example.net --key 'witness.example.net+…' --url https://witness.example.net",
  'kura operator witnesses list',
  'kura operator witnesses remove example.net',
  'kura operator witnesses quorum 2',
  'kura operator impostors list',
  'kura operator impostors incidents',
  'kura operator certificates list',
  "kura operator certificates revoke 9b1d… --why 'a disk was stolen'",
  'kura operator journal --latest 100',
  'kura operator leases',
] as const;

/** They say more, and have examples of their own. */
const TOLD: ReadonlySet<string> = new Set(
  ['', ' closings', ' witnesses', ' impostors'].map((name) => `kura operator${name}`),
);

/** Below each command that has none: the lines that call it, or what belongs to it. */
export function addExamples(command: Command, path: string): void {
  for (const one of command.commands) addExamples(one, `${path} ${one.name()}`);
  const lines = EXAMPLES.filter((line) => `${line} `.startsWith(`${path} `));
  if (lines.length === 0 || TOLD.has(path)) return;
  command.addHelpText('after', `\nExamples:\n${lines.map((line) => `  ${line}\n`).join('')}`);
}
