// Options of the commands that prove something: a number that is none ends the program with 2, before anything began.

/** `wholeNumber('kills')('7', '--count')` is 7. `least`: what is still sensible. */
export function wholeNumber(
  proof: string,
): (text: string, option: string, least?: number) => number {
  return (text, option, least = 1) => {
    const value = Number(text);
    if (Number.isSafeInteger(value) && value >= least) return value;
    process.stderr.write(
      `${proof}: ${option} takes a whole number from ${least} on, not "${text}"\n`,
    );
    process.exit(2);
  };
}
