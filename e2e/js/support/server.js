// A server of the suite's own: the real program, on a port that is free, with a directory that is its own.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { eventually, within } from './patience.js';

const PROGRAM = process.env.RIALTO_BIN ?? new URL('../../../target/debug/rialto', import.meta.url).pathname;

/** Rates that no test reaches by being quick. Who tests a rate sets it. */
const AMPLE = {
  'limits.commands_per_second': 100_000,
  'limits.command_burst': 1_000_000,
  'limits.registrations_per_address_per_hour': 1_000_000,
  'limits.log_ins_per_address_per_minute': 1_000_000,
  'limits.log_ins_per_name_per_minute': 1_000_000,
  'limits.discoveries_per_minute': 1_000_000,
};

/** Nothing that was started outlives the tests, however they end. */
const running = new Set();
const endAll = () => running.forEach((child) => child.kill('SIGKILL'));
process.on('exit', endAll);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => {
    endAll();
    process.exit(1);
  });
}

export class Server {
  #settings;
  #directory;
  #child;

  /** The connections that tests opened. What they leave open is closed in the end, so that no test ever hangs. */
  clients = new Set();

  /** All that it said, over all its lives. */
  log = '';

  /** Starts a messenger. Settings are called as in the configuration file: `{ 'limits.members': 4 }`. */
  static async start(settings = {}) {
    const directory = await mkdtemp(path.join(tmpdir(), 'rialto-e2e-'));
    // Who comes "through a proxy" can say which address they have.
    const own = { ...AMPLE, data_dir: directory, 'edge.trusted_proxies': '127.0.0.1', 'edge.drain_ms': 300 };
    return new Server({ ...own, ...settings }, directory).#begin();
  }

  /** Starts a messenger for one test, and stops it however that ends. */
  static async during(test, settings) {
    const server = await Server.start(settings);
    test.after(() => server.stop());
    return server;
  }

  /** Starts the echoes that public protocol suites ask for. */
  static conformance(settings = {}) {
    return new Server({ profile: 'conformance', ...settings }).#begin();
  }

  constructor(settings, directory) {
    this.#settings = { listen: '127.0.0.1:0', metrics_listen: 'off', ...settings };
    this.#directory = directory;
  }

  async #begin() {
    const foreign = Object.entries(process.env).filter(([name]) => !name.startsWith('RIALTO_'));
    const environment = Object.fromEntries(foreign);
    for (const [key, value] of Object.entries(this.#settings)) {
      environment[`RIALTO_${key.replaceAll('.', '_').toUpperCase()}`] = String(value);
    }
    const child = spawn(PROGRAM, ['serve'], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    running.add(child);
    child.once('exit', () => running.delete(child));
    this.#child = child;

    const since = this.log.length;
    const address = new Promise((resolve, reject) => {
      const hear = (text) => {
        this.log += text;
        const found = /Rialto is at (http:\S+)/.exec(this.log.slice(since));
        if (found) resolve(found[1]);
      };
      child.stdout.setEncoding('utf8').on('data', hear);
      child.stderr.setEncoding('utf8').on('data', hear);
      child.once('error', reject);
      child.once('exit', (code, signal) => reject(new Error(`the server ended (${code ?? signal}) and said:\n${this.log}`)));
    });
    this.url = await within(address, `the address of ${PROGRAM}`);
    // The next life is at the same address, so that clients find it again by themselves.
    this.#settings.listen = new URL(this.url).host;
    return this;
  }

  /** Asks it to go, as an operator does, and waits until it went. */
  async terminate() {
    await this.#end('SIGTERM');
  }

  /** Ends it from one instruction to the next. */
  async kill() {
    await this.#end('SIGKILL');
  }

  /** Lets it live again, at the same address, with what it kept. */
  async revive() {
    await this.#begin();
  }

  /** The process of its present life. */
  get pid() {
    return this.#child.pid;
  }

  /** What it counted, as an operator reads it: name with labels → value. Needs `metrics_listen: '127.0.0.1:0'`. */
  async metrics() {
    const url = await eventually('the address of the metrics', () => [...this.log.matchAll(/health and metrics are at (http:\S+)/g)].at(-1)?.[1]);
    const lines = (await (await fetch(`${url}/metrics`)).text()).split('\n').filter((line) => line && !line.startsWith('#'));
    return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]));
  }

  /** How many descriptors it has open (where there is a /proc to tell). */
  async descriptors() {
    return (await readdir(`/proc/${this.#child.pid}/fd`)).length;
  }

  async restart() {
    await this.terminate();
    await this.revive();
  }

  /** The end. A server that panicked meanwhile fails its tests here, whatever they saw of it. */
  async stop() {
    for (const client of this.clients) client.leave();
    await this.#end('SIGTERM');
    if (this.#directory) await rm(this.#directory, { recursive: true });
    if (/panicked/.test(this.log)) throw new Error(`the server panicked:\n${this.log}`);
  }

  async #end(signal) {
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await within(gone, `the server to go after ${signal}`);
  }
}
