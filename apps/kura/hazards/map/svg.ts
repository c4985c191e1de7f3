// The few words of SVG that the map needs: elements with escaped texts and short numbers. One file, nothing
// from outside.
import type { Point } from './projection.ts';

export type Attributes = Readonly<Record<string, string | number | undefined>>;

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

/** Titles come from strangers: no markup, and no control characters, which XML does not know. */
export function escapeXml(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ').replace(/[&<>"]/g, (found) => ESCAPES[found] ?? '');
}

export function short(value: number): string {
  return String(Math.round(value * 10) / 10);
}

export function element(name: string, attributes: Attributes, content = ''): string {
  const given = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => {
      return ` ${key}="${typeof value === 'number' ? short(value) : escapeXml(value ?? '')}"`;
    });
  return content === ''
    ? `<${name}${given.join('')}/>`
    : `<${name}${given.join('')}>${content}</${name}>`;
}

export function pathOf(points: readonly Point[], isClosed = true): string {
  const steps = points.map(
    ({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${short(x)} ${short(y)}`,
  );
  return `${steps.join('')}${isClosed ? 'Z' : ''}`;
}

export function label({ x, y }: Point, text: string, attributes: Attributes = {}): string {
  return element('text', { x, y, ...attributes }, escapeXml(text));
}
