// One shelf file in memory, made and judged by the code that stores run, and room to damage it and to heal it in.
import { copyId, type MemberId, memberId, type NetworkShape, SMALL_SHAPE, toHex } from '@kura/base';
import { loadNative } from '@kura/native';
import { partOfFile } from '@kura/store/s3/open-object.ts';
import { inspectOpened, isIntact } from '@kura/store/scrub/inspect.ts';
import { rebuildCopy } from '@kura/store/scrub/rebuild.ts';
import { ShelfArithmetic } from '@kura/store/shelf/arithmetic.ts';
import { CopyAssembly } from '@kura/store/shelf/assembly.ts';
import { geometryOf, type ShelfGeometry } from '@kura/store/shelf/layout.ts';
import { WorkspacePool } from '@kura/store/shelf/workspace.ts';
import type { SeededRandom } from '@kura/testing';

const { bulk } = loadNative();

export interface Size {
  readonly leafBytes: number;
  readonly leafCount: number;
}

/** What a store makes of a damaged file: all of it again, or nothing. */
export type Healer = (file: ShelfFile) => Uint8Array | undefined;

export class ShelfFile {
  readonly geometry: ShelfGeometry;
  /** As it was written. */
  readonly whole: Uint8Array;
  /** As it lies there. */
  readonly lies: Uint8Array;
  readonly #arithmetic: ShelfArithmetic;
  readonly #copyId = copyId('c0'.repeat(32));
  readonly #healed: Uint8Array;

  private constructor(shape: NetworkShape, leafCount: number) {
    this.geometry = geometryOf(shape.leafBytes, leafCount);
    this.#arithmetic = new ShelfArithmetic(bulk, shape);
    const { fileBytes } = this.geometry;
    this.whole = new Uint8Array(fileBytes);
    this.lies = new Uint8Array(fileBytes);
    this.#healed = new Uint8Array(fileBytes);
  }

  static async create({ leafBytes, leafCount }: Size, random: SeededRandom): Promise<ShelfFile> {
    const shape: NetworkShape = { ...SMALL_SHAPE, leafBytes, packLeaves: [16, 64, 256] };
    const file = new ShelfFile(shape, leafCount);
    const member: MemberId = memberId(toHex(random.bytes(16)));
    const write = (bytes: Uint8Array, position: number): void => file.whole.set(bytes, position);
    const medium = {
      write,
      writeBehind: async (...call: Parameters<typeof write>) => write(...call),
    };
    const workspace = new WorkspacePool(shape).take();
    const assembly = new CopyAssembly({
      ...{ bulk, shape, copyId: file.#copyId, member, medium, workspace },
    });
    for (let leaf = 0; leaf < leafCount; leaf++) await assembly.append(random.bytes(leafBytes));
    assembly.end();
    file.lies.set(file.whole);
    return file;
  }

  /** As a store does: looks at all of it, rebuilds, and looks at what it has rebuilt. */
  heal(): Uint8Array | undefined {
    const inspection = this.#inspect(this.lies);
    if (inspection === undefined) return undefined;
    if (isIntact(inspection)) return this.lies;
    const copy = { geometry: this.geometry, file: partOfFile(this.lies) };
    const medium = { write: (bytes: Uint8Array, at: number): void => this.#healed.set(bytes, at) };
    const { table } = inspection;
    if (!rebuildCopy(this.#arithmetic, { copy, table, medium: () => medium })) return undefined;
    return isIntact(this.#inspect(this.#healed)) ? this.#healed : undefined;
  }

  #inspect(bytes: Uint8Array): ReturnType<typeof inspectOpened> {
    const copy = { geometry: this.geometry, file: partOfFile(bytes) };
    return inspectOpened(this.#arithmetic, this.#copyId, copy);
  }

  /** After a case: as it was written. */
  mend(): void {
    this.lies.set(this.whole);
  }
}
