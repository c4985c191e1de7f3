// Where the thread that looks ahead begins: its modules are found as quickly as those of the command itself.
import { resolveQuicklyFromNowOn } from '../cli/quick-resolve.ts';

resolveQuicklyFromNowOn();
await import('./ahead-thread.ts');
