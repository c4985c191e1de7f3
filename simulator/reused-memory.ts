// WebAssembly memories of a seed that is over serve the next one, zeroed. Every simulated process makes some, as
// the real one does once in its life; making them costs more than what is done in them, and a collector that
// counts their bytes walks the whole heap every few seeds. Replaces the constructor for the whole process.

const PAGE_BYTES = 65536;
/** Bytes that wait at most; what is beyond is left to the collector. */
const MAX_IDLE_BYTES = 64 * 1024 * 1024;

type Size = ConstructorParameters<typeof WebAssembly.Memory>[0];

const RealMemory = WebAssembly.Memory;
const idle = new Map<number, WebAssembly.Memory[]>();
let idleBytes = 0;
let inUse: WebAssembly.Memory[] = [];

function take(size: Size): WebAssembly.Memory {
  const { initial, maximum } = size;
  // One that may grow would come back with another size.
  if (initial !== maximum) return new RealMemory(size);
  const known = idle.get(initial)?.pop();
  const memory = known ?? new RealMemory(size);
  if (known !== undefined) {
    idleBytes -= initial * PAGE_BYTES;
    new Uint8Array(known.buffer).fill(0);
  }
  inUse.push(memory);
  return memory;
}

/** To be called before the first seed; again, it does nothing. */
export function reuseMemories(): void {
  if (WebAssembly.Memory !== RealMemory) return;
  const Reused = new Proxy(RealMemory, {
    construct: (_target, [size]: [Size]) => take(size),
  });
  Object.assign(WebAssembly, { Memory: Reused });
}

/** A seed is over and every process of it has ended: nobody looks at these memories any more. */
export function giveMemoriesBack(): void {
  for (const memory of inUse) {
    const bytes = memory.buffer.byteLength;
    if (idleBytes + bytes > MAX_IDLE_BYTES) continue;
    idleBytes += bytes;
    const waiting = idle.get(bytes / PAGE_BYTES);
    if (waiting === undefined) idle.set(bytes / PAGE_BYTES, [memory]);
    else waiting.push(memory);
  }
  inUse = [];
}

/** After a seed that broke a rule somebody may still be at work: its memories are never used again. */
export function forgetMemories(): void {
  inUse = [];
}
