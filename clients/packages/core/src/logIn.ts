import type { LogIn } from './ports.ts';

/** The log-in that was chosen last on this device: the one to begin with. */
export function newestOf(logIns: readonly LogIn[]): LogIn | undefined {
  return [...logIns].sort((one, other) => other.usedAt - one.usedAt)[0];
}
