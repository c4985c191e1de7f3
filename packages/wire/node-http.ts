// Node's HTTP, taken from Node itself. An import of 'node:http' makes a module of everything that it exports, and
// reading its WebSocket for that loads the whole of `fetch`: 0.1 s of processor time in every program and thread.
import type * as NodeHttp from 'node:http';

export const http: typeof NodeHttp = process.getBuiltinModule('node:http');
