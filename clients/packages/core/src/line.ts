// Asking the server: a command goes out, its checked result comes back.

import { RialtoError } from './errors.ts';
import type { Link, LinkListener, Transport } from './ports.ts';
import { decodeError, decodeResult, Malformed, type Command } from './protocol/decode.ts';
import type { CommandData, CommandResults, EarlyCommand, Hello } from './protocol/generated.ts';

/** The one link to the server, when there is one. Links before it are not heard any more. */
export class Line {
  #transport: Transport;
  #link: Link | undefined;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  open(hello: Hello, listener: LinkListener): void {
    this.close();
    const isCurrent = () => this.#link === link;
    const link = this.#transport.open(hello, {
      opened: () => isCurrent() && listener.opened(),
      event: (name, data) => isCurrent() && listener.event(name, data),
      closed: (why) => {
        if (!isCurrent()) return;
        this.#link = undefined;
        listener.closed(why);
      },
    });
    this.#link = link;
  }

  close(): void {
    const link = this.#link;
    this.#link = undefined;
    link?.close();
  }

  async ask<C extends Command>(command: C, data: CommandData[C]): Promise<CommandResults[C]> {
    if (!this.#link) throw new RialtoError('client.offline', `${command}: there is no connection`);
    return askOver(this.#link, command, data);
  }
}

/** Asks over a link of its own: for those who have no token yet, or whose token has aged. */
export async function askEarly<C extends EarlyCommand>(transport: Transport, command: C, data: CommandData[C]): Promise<CommandResults[C]> {
  let link: Link | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      link = transport.open(undefined, {
        opened: resolve,
        event: () => {},
        closed: (why) =>
          reject(
            why.kind === 'refused'
              ? new RialtoError(why.code, why.text, why.retryAfterMs)
              : new RialtoError('client.offline', `${command}: the server cannot be reached: ${why.text}`),
          ),
      });
    });
    return await askOver(link!, command, data);
  } finally {
    link?.close();
  }
}

async function askOver<C extends Command>(link: Link, command: C, data: CommandData[C]): Promise<CommandResults[C]> {
  const answer = await link.ask(command, data).catch((error: unknown) => {
    throw new RialtoError('client.outcome_unknown', `${command}: the connection broke before the answer came (${error})`);
  });
  try {
    if (answer.err !== undefined) {
      const { code, text, retry_after_ms } = decodeError(answer.err);
      throw new RialtoError(code, text, retry_after_ms);
    }
    return decodeResult(command, answer.ok);
  } catch (error) {
    if (error instanceof Malformed) throw new RialtoError('client.malformed_answer', error.message);
    throw error;
  }
}
