// P+Q parity of a shelf file: made while leaves stream by, and the rebuilding of up to two lost columns of
// a row. Pure arithmetic: it knows no file, no hash and no key, and so cannot tell a wrong leaf from a right
// one; its caller must compare every rebuilt leaf with its hash. Layout: docs/design/format.md, "Shelf file".
import { assert } from '@kura/base';
import { constantTables, inverse, powerOfTwo, product } from './galois.ts';
import { PARITY_WASM_BASE64 } from './parity.wasm.ts';

/** Leaves `2c` and `2c + 1` are column `c`, rows 0 and 1. */
const ROWS = 2;
/** More columns would cost less space, and a repair more reading. */
const COLUMNS = 32;
/** P row 0, P row 1, Q row 0, Q row 1. */
const PARITY_LEAVES = 2 * ROWS;

const WASM_PAGE_BYTES = 65536;
const TABLES_BYTES = 32;
/** Beside the tables of all columns: one that is filled as needed. */
const SPARE_TABLES_AT = COLUMNS * TABLES_BYTES;

export interface SolveOptions {
  /** Data columns of the row, 1 to 32. P counts as column `columns`, Q as column `columns + 1`. */
  readonly columns: number;
  /** One or two different columns, ascending. */
  readonly lost: readonly number[];
  /** A surviving leaf of the row; asked for once per column, copied at once. */
  readonly leaf: (column: number) => Uint8Array;
}

export interface ParityOptions {
  readonly leafBytes: number;
  /** Leaves of page-aligned room in `stage`; default none. */
  readonly stageLeaves?: number;
}

export interface Parity {
  /** Room for data in the same memory: leaves that lie here are added without a copy. */
  readonly stage: Uint8Array;
  /** The four parity leaves of the group, in the order of the file; a view, complete after its last leaf. */
  readonly leaves: Uint8Array;
  /** One of them. */
  leaf(index: number): Uint8Array;
  /** Begins a new group. */
  reset(): void;
  /** Adds one leaf of the current group; each (row, column) once, in any order. */
  accumulate(row: number, column: number, leaf: Uint8Array): void;
  /** The lost leaves of one row, in the order of `lost`: views, valid until the next call. */
  solve(options: SolveOptions): Uint8Array[];
}

interface Arithmetic {
  readonly accumulate: (data: number, end: number, p: number, q: number, tables: number) => void;
  readonly multiply: (data: number, end: number, into: number, tables: number) => void;
}

let compiled: WebAssembly.Module | undefined;

function instantiate(memory: WebAssembly.Memory): Arithmetic {
  compiled ??= new WebAssembly.Module(Buffer.from(PARITY_WASM_BASE64, 'base64'));
  const instance = new WebAssembly.Instance(compiled, { kura: { memory } });
  return instance.exports as unknown as Arithmetic;
}

/** Cheap: 512 KiB and the stage. Not shared between threads. */
export function createParity({ leafBytes, stageLeaves = 0 }: ParityOptions): Parity {
  assert(leafBytes > 0 && leafBytes % 32 === 0, 'a leaf must be a multiple of 32 bytes');
  return new WasmParity(leafBytes, stageLeaves);
}

class WasmParity implements Parity {
  readonly stage: Uint8Array;
  readonly leaves: Uint8Array;
  readonly #leafBytes: number;
  readonly #bytes: Uint8Array;
  readonly #arithmetic: Arithmetic;
  readonly #parityAt = WASM_PAGE_BYTES;
  readonly #inputAt: number;
  /** Sums of the solver: P, Q, and a rebuilt leaf. */
  readonly #sumPAt: number;
  readonly #sumQAt: number;
  readonly #rebuiltAt: number;

  constructor(leafBytes: number, stageLeaves: number) {
    this.#leafBytes = leafBytes;
    this.#inputAt = this.#parityAt + PARITY_LEAVES * leafBytes;
    this.#sumPAt = this.#inputAt + leafBytes;
    this.#sumQAt = this.#sumPAt + leafBytes;
    this.#rebuiltAt = this.#sumQAt + leafBytes;
    const stageAt = this.#rebuiltAt + leafBytes;
    const pages = Math.ceil((stageAt + stageLeaves * leafBytes) / WASM_PAGE_BYTES);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    this.#bytes = new Uint8Array(memory.buffer);
    this.stage = new Uint8Array(memory.buffer, stageAt, stageLeaves * leafBytes);
    this.leaves = new Uint8Array(memory.buffer, this.#parityAt, PARITY_LEAVES * leafBytes);
    this.#arithmetic = instantiate(memory);
    for (let column = 0; column < COLUMNS; column++) {
      this.#bytes.set(constantTables(powerOfTwo(column)), column * TABLES_BYTES);
    }
  }

  leaf(index: number): Uint8Array {
    assert(index >= 0 && index < PARITY_LEAVES, 'a parity leaf that does not exist');
    return this.#view(this.#parityAt + index * this.#leafBytes);
  }

  reset(): void {
    this.leaves.fill(0);
  }

  accumulate(row: number, column: number, leaf: Uint8Array): void {
    assert(row >= 0 && row < ROWS, 'a row of parity that does not exist');
    const p = this.#parityAt + row * this.#leafBytes;
    this.#accumulate(column, leaf, p, p + ROWS * this.#leafBytes);
  }

  solve({ columns, lost, leaf }: SolveOptions): Uint8Array[] {
    const [first, second] = lost;
    assert(columns >= 1 && columns <= COLUMNS, 'a number of columns that no group has');
    assert(first !== undefined && lost.length <= 2, 'one or two columns can be rebuilt');
    assert(second === undefined || first < second, 'lost columns are not in ascending order');
    assert(first >= 0 && (second ?? first) < columns + 2, 'a lost column that does not exist');
    const sumP = this.#view(this.#sumPAt).fill(0);
    const sumQ = this.#view(this.#sumQAt).fill(0);
    for (let column = 0; column < columns; column++) {
      if (lost.includes(column)) continue;
      this.#accumulate(column, leaf(column), this.#sumPAt, this.#sumQAt);
    }
    if (!lost.includes(columns)) this.#addProduct(1, this.#input(leaf(columns)), this.#sumPAt);
    if (!lost.includes(columns + 1))
      this.#addProduct(1, this.#input(leaf(columns + 1)), this.#sumQAt);
    // From here on a sum whose parity is lost holds that of the surviving columns, the other ones hold
    // what is missing: P = the lost data, Q = the lost data times their powers.
    if (first >= columns) return lost.map((column) => (column === columns ? sumP : sumQ));
    if (second === undefined) return [sumP];
    if (second === columns + 1) {
      this.#addProduct(powerOfTwo(first), this.#sumPAt, this.#sumQAt);
      return [sumP, sumQ];
    }
    const rebuilt = this.#view(this.#rebuiltAt).fill(0);
    if (second === columns) {
      this.#addProduct(inverse(powerOfTwo(first)), this.#sumQAt, this.#rebuiltAt);
    } else {
      const scale = inverse(powerOfTwo(first) ^ powerOfTwo(second));
      this.#addProduct(scale, this.#sumQAt, this.#rebuiltAt);
      this.#addProduct(product(scale, powerOfTwo(second)), this.#sumPAt, this.#rebuiltAt);
    }
    this.#addProduct(1, this.#rebuiltAt, this.#sumPAt);
    return [rebuilt, sumP];
  }

  #accumulate(column: number, leaf: Uint8Array, p: number, q: number): void {
    assert(column >= 0 && column < COLUMNS, 'a column of parity that does not exist');
    const data = this.#input(leaf);
    this.#arithmetic.accumulate(data, data + this.#leafBytes, p, q, column * TABLES_BYTES);
  }

  /** `into` ^= `constant` · the leaf at `data`. */
  #addProduct(constant: number, data: number, into: number): void {
    this.#bytes.set(constantTables(constant), SPARE_TABLES_AT);
    this.#arithmetic.multiply(data, data + this.#leafBytes, into, SPARE_TABLES_AT);
  }

  /** Where the leaf lies in the memory, copied there unless it is there. */
  #input(leaf: Uint8Array): number {
    assert(leaf.length === this.#leafBytes, 'a leaf of another length');
    if (leaf.buffer === this.#bytes.buffer) return leaf.byteOffset;
    this.#bytes.set(leaf, this.#inputAt);
    return this.#inputAt;
  }

  #view(at: number): Uint8Array {
    return this.#bytes.subarray(at, at + this.#leafBytes);
  }
}
