// A server of the test's own: the real program, on a port that is free, with a directory that is its own.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const PROGRAM = process.env.RIALTO_BIN ?? fileURLToPath(new URL('../../../../../target/debug/rialto', import.meta.url));

export const isBuilt = await access(PROGRAM).then(
  () => true,
  () => false,
);

const SETTINGS = {
  METRICS_LISTEN: 'off',
  EDGE_DRAIN_MS: '300',
  LIMITS_REGISTRATIONS_PER_ADDRESS_PER_HOUR: '1000000',
  LIMITS_LOG_INS_PER_ADDRESS_PER_MINUTE: '1000000',
};

const running = new Set<ChildProcess>();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

export class Server {
  url = '';
  #directory = '';
  #child: ChildProcess | undefined;
  #settings: Record<string, string>;

  constructor(settings: Record<string, string> = {}) {
    this.#settings = { ...SETTINGS, LISTEN: '127.0.0.1:0', ...settings };
  }

  static async start(settings?: Record<string, string>): Promise<Server> {
    const server = new Server(settings);
    server.#directory = await mkdtemp(path.join(tmpdir(), 'rialto-core-'));
    await server.revive();
    return server;
  }

  /** Starts it, at the same address as before, with what it kept. */
  async revive(): Promise<void> {
    const own = Object.entries({ ...this.#settings, DATA_DIR: this.#directory }).map(([name, value]) => [`RIALTO_${name}`, value]);
    const foreign = Object.entries(process.env).filter(([name]) => !name.startsWith('RIALTO_'));
    const child = spawn(PROGRAM, ['serve'], { env: Object.fromEntries([...foreign, ...own]), stdio: ['ignore', 'pipe', 'pipe'] });
    running.add(child);
    child.once('exit', () => running.delete(child));
    this.#child = child;
    let log = '';
    this.url = await new Promise((resolve, reject) => {
      const hear = (text: Buffer) => {
        log += text;
        const found = /http:\/\/127\.0\.0\.1:\d+/.exec(log);
        if (found) resolve(found[0]);
      };
      child.stdout!.on('data', hear);
      child.stderr!.on('data', hear);
      child.once('error', reject);
      child.once('exit', (code, signal) => reject(new Error(`the server ended (${code ?? signal}) and said:\n${log}`)));
    });
    this.#settings.LISTEN = new URL(this.url).host;
  }

  /** Ends it from one instruction to the next. */
  kill = () => this.#end('SIGKILL');
  /** Asks it to go, as an operator does. */
  terminate = () => this.#end('SIGTERM');

  async stop(): Promise<void> {
    await this.#end('SIGTERM');
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child!;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  }
}
