// The world on paper: Equal Earth (Šavrič, Patterson, Jenny 2018), in which areas keep their size and the
// world looks like one. Pure arithmetic: longitude and latitude in degrees, points in the units of the
// picture.
export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Place {
  readonly lat: number;
  readonly lon: number;
}

const A1 = 1.340264;
const A2 = -0.081106;
const A3 = 0.000893;
const A4 = 0.003796;
const ROOT = Math.sqrt(3) / 2;
const RADIANS = Math.PI / 180;
/** Half of the width and height of the whole world. */
const HALF_WIDTH = Math.PI / (ROOT * A1);
const HALF_HEIGHT = polynomial(Math.PI / 3);
const FULL_TURN = 360;
const OUTLINE_STEP = 3;

function polynomial(theta: number): number {
  const square = theta * theta;
  const sixth = square * square * square;
  return theta * (A1 + A2 * square + sixth * (A3 + A4 * square));
}

export class Projection {
  readonly width: number;
  readonly height: number;
  /** Longitude in the middle. */
  readonly middleLon: number;
  readonly #left: number;
  readonly #top: number;
  readonly #scale: number;

  constructor({
    width,
    left,
    top,
    middleLon,
  }: {
    readonly width: number;
    readonly left: number;
    readonly top: number;
    readonly middleLon: number;
  }) {
    this.width = width;
    this.#scale = width / (2 * HALF_WIDTH);
    this.height = 2 * HALF_HEIGHT * this.#scale;
    this.middleLon = middleLon;
    this.#left = left;
    this.#top = top;
  }

  /** `turns`: drawn so many whole turns further east, for what crosses the edge of the map. */
  pointOf({ lat, lon }: Place, turns = 0): Point {
    const theta = Math.asin(ROOT * Math.sin(lat * RADIANS));
    const square = theta * theta;
    const sixth = square * square * square;
    const slope = A1 + 3 * A2 * square + sixth * (7 * A3 + 9 * A4 * square);
    const along = (lon - this.middleLon + turns * FULL_TURN) * RADIANS;
    return {
      x: this.#left + this.width / 2 + (this.#scale * along * Math.cos(theta)) / (ROOT * slope),
      y: this.#top + this.height / 2 - this.#scale * polynomial(theta),
    };
  }

  /** Of one place, where it is on the map: within half a turn of the middle. */
  spotOf(place: Place): Point {
    const away = place.lon - this.middleLon;
    return this.pointOf(place, -Math.round(away / FULL_TURN));
  }

  /** The edge of the world. */
  outline(): Point[] {
    const latitudes = Array.from(
      { length: 180 / OUTLINE_STEP + 1 },
      (_, at) => at * OUTLINE_STEP - 90,
    );
    const west = latitudes.map((lat) => this.pointOf({ lat, lon: this.middleLon - FULL_TURN / 2 }));
    const east = latitudes.map((lat) => this.pointOf({ lat, lon: this.middleLon + FULL_TURN / 2 }));
    return [...west, ...east.reverse()];
  }
}

/** Degrees of latitude and longitude around a place, as a ring of points; generous near the poles. */
export function circleRing({ lat, lon }: Place, radiusKm: number): Place[] {
  const KM_PER_DEGREE = 111.195;
  const STEPS = 48;
  const tall = radiusKm / KM_PER_DEGREE;
  return Array.from({ length: STEPS }, (_, step) => {
    const angle = (2 * Math.PI * step) / STEPS;
    const at = Math.max(-89, Math.min(89, lat + tall * Math.sin(angle)));
    const wide = tall / Math.max(0.05, Math.cos(at * RADIANS));
    return { lat: at, lon: lon + wide * Math.cos(angle) };
  });
}
