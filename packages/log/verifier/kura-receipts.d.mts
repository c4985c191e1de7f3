// Types of the stand-alone verifier, for whoever imports it here: tests, and the command that puts it beside an export.

/** `say` gets each line of the answer. True if every receipt is good and none contradicts another. */
export function checkReceipts(
  policyText: string,
  lines: readonly string[],
  say: (line: string) => void,
): boolean;
