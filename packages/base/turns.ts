// Lets one asynchronous call after the other in, in the order they came: for whatever has buffers that only
// one call may use at a time.

export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  take<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
