// What a map shows.
import type { HazardView, MoveView, RiskRowView } from '@kura/contract/wire/endpoints/hazards.ts';

export interface MapView {
  readonly title: string;
  /** "2026-11-21 08:49 UTC". */
  readonly time: string;
  readonly stores: readonly RiskRowView[];
  readonly events: readonly HazardView[];
  readonly moves: readonly MoveView[];
  readonly land: Land;
}

/** Rings of longitude and latitude: `lon, lat, lon, lat …`. */
export interface Land {
  readonly credit: string;
  readonly land: readonly { readonly ring: readonly number[] }[];
  readonly lakes: readonly { readonly ring: readonly number[] }[];
}
