// A warning as CAP 1.2 writes it, around a city: extreme, observed, for a day.
import { DAY_MS, isoTime } from '@kura/base';
import { findCity } from '@kura/coordinator/placement/index.ts';

export function floodAt(city: string, nowMs: number): string {
  const { lat, lon } = findCity(city);
  const time = (timeMs: number): string => isoTime(timeMs).replace(/\.\d+Z$/, '-00:00');
  return `<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
    <identifier>flood ${city}</identifier>
    <sender>office</sender><sent>${time(nowMs)}</sent>
    <status>Actual</status><msgType>Alert</msgType>
    <scope>Public</scope><info><category>Met</category><event>Flood Warning</event>
    <urgency>Immediate</urgency><severity>Extreme</severity><certainty>Observed</certainty>
    <expires>${time(nowMs + DAY_MS)}</expires><headline>Flood at ${city}</headline>
    <area><areaDesc>${city}</areaDesc><circle>${lat},${lon} 40</circle></area></info></alert>`;
}
