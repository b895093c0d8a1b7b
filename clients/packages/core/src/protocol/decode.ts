// The border: what the server says becomes checked types here, and nobody checks again inside.

import { errorShape, eventShapes, resultShapes, type CommandData, type CommandResults, type ErrorBody, type EventData } from './generated.ts';
import { Misfit, type Shape } from './shape.ts';

export type Command = keyof CommandData;

/** An event with its data. */
export type ServerEvent = { [E in keyof EventData]: { event: E; data: EventData[E] } }[keyof EventData];

/** The server said something that its contract does not promise. */
export class Malformed extends Error {
  override readonly name = 'Malformed';
}

/** An event, checked. Events that this version does not know mean nothing to it: `undefined`. */
export function decodeEvent(event: string, data: unknown): ServerEvent | undefined {
  if (!Object.hasOwn(eventShapes, event)) return undefined;
  const known = event as keyof EventData;
  return { event: known, data: check(`the event ${event}`, eventShapes[known] as Shape<unknown>, data ?? {}) } as ServerEvent;
}

/** The result of a command, checked. */
export function decodeResult<C extends Command>(command: C, value: unknown): CommandResults[C] {
  return check(`the result of ${command}`, resultShapes[command] as Shape<CommandResults[C]>, value ?? {});
}

/** A refusal, checked. */
export function decodeError(value: unknown): ErrorBody {
  return check('a refusal', errorShape, value);
}

function check<T>(what: string, shape: Shape<T>, value: unknown): T {
  try {
    return shape(value);
  } catch (misfit) {
    throw misfit instanceof Misfit ? new Malformed(`${what}: ${misfit}`) : misfit;
  }
}
