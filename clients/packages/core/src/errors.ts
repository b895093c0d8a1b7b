/**
 * Why a command did not succeed. `code` is one of the server's (docs/reference.md), or one of the client's own:
 *
 * - `client.offline`: it was not sent, because there is no connection;
 * - `client.outcome_unknown`: the connection broke before the answer came;
 * - `client.malformed_answer`: the answer is not what the contract promises;
 * - `client.closed`: the client was closed.
 */
export class RialtoError extends Error {
  override readonly name = 'RialtoError';

  constructor(
    readonly code: string,
    message: string,
    /** When to try again, where the server says so. */
    readonly retryAfterMs?: number,
  ) {
    super(message);
  }
}

/** A fault as state keeps it: plain, so that it can be stored and told to other tabs. */
export interface Fault {
  code: string;
  text: string;
}

export function faultOf(error: unknown): Fault {
  return error instanceof RialtoError ? { code: error.code, text: error.message } : { code: 'client.fault', text: String(error) };
}

const PASSING = new Set(['client.offline', 'client.outcome_unknown', 'limit.exceeded', 'server.unavailable', 'server.outcome_unknown', 'server.internal', 'server.storage_full']);

/** Will the same command do later? Everything else is a *no* that repeating does not change. */
export function isPassing(code: string): boolean {
  return PASSING.has(code);
}
