// How a log and its witnesses stand, for people and for scripts: of a network, for its operator, and of one's own.
import { isoTime } from '@kura/base';
import type { WitnessesView, WitnessView } from '@kura/coordinator/log/look.ts';
import { plural } from '../commands/show.ts';
import { timeJson } from '../operator/values.ts';
import type { Output } from '../output/output.ts';
import { type Column, tableLines } from '../output/table.ts';

const COLUMNS: readonly Column<WitnessView>[] = [
  { title: 'Witness', cell: ({ name }) => name },
  { title: 'Leaves', align: 'right', cell: ({ size }) => String(size) },
  { title: 'Cosigned', cell: ({ cosignedMs: at }) => (at === undefined ? 'never' : isoTime(at)) },
  { title: 'Trouble', cell: ({ trouble }) => trouble ?? '' },
  { title: 'Address', cell: ({ url }) => url },
];

/** `add`: the command that has a witness asked. */
export function showLog(view: WitnessesView, { output, add }: { output: Output; add: string }) {
  const { witnesses, quorum, size, witnessedSize, logKey } = view;
  output.line(`log ${logKey}`);
  output.line(
    `${plural(size, 'leaf', 'leaves')}, ${witnessedSize} of them under a head that ${quorum} of ` +
      `${plural(witnesses.length, 'witness', 'witnesses')} cosigned`,
  );
  if (witnesses.length === 0) output.line(`nobody cosigns this log: ${add}`);
  else output.lines(tableLines(COLUMNS, witnesses));
  output.record({
    ...{ message_type: 'log', key: logKey, quorum },
    ...{ leaves: size, witnessed_leaves: witnessedSize },
  });
  for (const witness of witnesses) {
    output.record({
      witness: witness.name,
      key: witness.verifierKey,
      url: witness.url,
      added: timeJson(witness.addedMs),
      leaves: witness.size,
      cosigned: timeJson(witness.cosignedMs),
      trouble: witness.trouble ?? null,
    });
  }
}
