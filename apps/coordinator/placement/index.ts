// What placement offers: cities from text, risks of places, the choice of stores, and the spread afterwards.
export * from './choose.ts';
export {
  type City,
  findCity,
  homeOf,
  listedCities,
  NEAREST_CITY_KM,
  nearestCity,
  storePlaceOf,
} from './cities.ts';
export { distanceKm } from './distance.ts';
export { baseRiskOf, conditionalRisk, jointRisk, type PlaceAtRisk } from './risk.ts';
export * from './spread.ts';
