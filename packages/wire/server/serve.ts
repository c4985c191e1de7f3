// Serves a table of endpoints over TLS.
import type { Edge, ServeOptions } from './edge.ts';
import type { EndpointTable } from './handler.ts';

export declare function serve<const T extends EndpointTable>(
  options: ServeOptions<T>,
): Promise<Edge>;
