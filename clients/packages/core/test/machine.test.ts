import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { backoffMs } from '../src/connection/backoff.ts';
import { idle, step, type Connection, type Effect, type Happening } from '../src/connection/machine.ts';

/** Where some happenings lead, and what is to be done on the way. */
function run(...happenings: Happening[]): { connection: Connection; effects: Effect['type'][] } {
  let connection: Connection = idle;
  const effects: Effect['type'][] = [];
  for (const happening of happenings) {
    const [next, more] = step(connection, happening);
    connection = next;
    effects.push(...more.map(({ type }) => type));
  }
  return { connection, effects };
}

const wanted: Happening = { type: 'wanted' };
const greeted: Happening = { type: 'greeted' };
const timer: Happening = { type: 'timer' };
const lost: Happening = { type: 'lost', dice: 0.5 };
const refused = (code: string, retryAfterMs?: number): Happening => ({ type: 'refused', fault: { code, text: code }, dice: 0, ...(retryAfterMs && { retryAfterMs }) });

describe('a connection', () => {
  test('is opened when it is wanted, and live once the server greets', () => {
    expect(run(wanted).connection).toEqual({ phase: 'connecting', attempt: 0, isRenewed: false });
    expect(run(wanted, greeted)).toEqual({ connection: { phase: 'live' }, effects: ['open'] });
  });

  test('that breaks is tried again after a delay that grows until somebody answers', () => {
    const attempts = [run(wanted, greeted, lost), run(wanted, greeted, lost, timer, lost), run(wanted, greeted, lost, timer, lost, timer, lost)];
    expect(attempts.map(({ connection }) => connection)).toEqual([
      { phase: 'waiting', attempt: 0, afterMs: 250 },
      { phase: 'waiting', attempt: 1, afterMs: 500 },
      { phase: 'waiting', attempt: 2, afterMs: 1000 },
    ]);
    expect(run(wanted, lost, timer, lost, timer, greeted, lost).connection).toEqual({ phase: 'waiting', attempt: 0, afterMs: 250 });
  });

  test('renews its token once when the server does not know it, and then ends the log-in', () => {
    const renewing = run(wanted, refused('auth.required'));
    expect(renewing).toEqual({ connection: { phase: 'renewing', attempt: 0 }, effects: ['open', 'renew'] });
    expect(run(wanted, refused('auth.required'), { type: 'renewed' }, greeted).connection).toEqual({ phase: 'live' });
    expect(run(wanted, refused('auth.required'), { type: 'renewed' }, refused('auth.required')).effects).toEqual(['open', 'renew', 'open', 'endLogIn']);
  });

  test('keeps the log-in when the renewal fails for a reason that passes, and ends it when it was refused', () => {
    const failed = (isFinal: boolean): Happening => ({ type: 'renewalFailed', fault: { code: 'x.y', text: '' }, isFinal, dice: 0.5 });
    expect(run(wanted, refused('auth.required'), failed(false)).connection).toEqual({ phase: 'waiting', attempt: 1, afterMs: 500 });
    expect(run(wanted, refused('auth.required'), failed(true)).effects).toEqual(['open', 'renew', 'endLogIn']);
  });

  test('does as a draining server says: it comes back after the delay it was told, whether the server went or not', () => {
    const draining: Happening = { type: 'draining', reconnectAfterMs: 1234 };
    expect(run(wanted, greeted, draining)).toEqual({ connection: { phase: 'live', drain: { afterMs: 1234 } }, effects: ['open', 'sleepOn', 'wake'] });
    // The timer runs since the notice: going does not start it anew.
    expect(run(wanted, greeted, draining, lost)).toEqual({ connection: { phase: 'waiting', attempt: 0, afterMs: 1234 }, effects: ['open', 'sleepOn', 'wake'] });
    expect(run(wanted, greeted, draining, timer).effects).toEqual(['open', 'sleepOn', 'wake', 'close', 'open']);
  });

  test('waits at least as long as a refusal asks for', () => {
    expect(run(wanted, refused('limit.exceeded', 7000)).connection).toEqual({ phase: 'waiting', attempt: 1, afterMs: 7000 });
  });

  test('is given up when the server wants a newer client', () => {
    const tooOld = run(wanted, refused('client.too_old'));
    expect(tooOld.connection).toMatchObject({ phase: 'refused', fault: { code: 'client.too_old' } });
    expect(run(wanted, refused('client.too_old'), timer, { type: 'online' }).effects).toEqual(tooOld.effects);
  });

  test('does not try without a network, and at once when there is one', () => {
    expect(run(wanted, lost, { type: 'offline' })).toEqual({ connection: { phase: 'offline', attempt: 1 }, effects: ['open', 'wake', 'sleepOn'] });
    expect(run(wanted, lost, { type: 'offline' }, timer, { type: 'online' }).connection).toEqual({ phase: 'connecting', attempt: 1, isRenewed: false });
  });

  test('takes it for a hint: a link that holds is not given up for want of a network', () => {
    expect(run(wanted, greeted, { type: 'offline' }).connection).toEqual({ phase: 'live' });
  });

  test('does not wait any longer when somebody looks', () => {
    expect(run(wanted, lost, { type: 'looked' })).toEqual({ connection: { phase: 'connecting', attempt: 1, isRenewed: false }, effects: ['open', 'wake', 'sleepOn', 'open'] });
  });

  test('is closed when it is not wanted any more, whatever it was at', () => {
    const happening = fc.constantFrom<Happening>(wanted, greeted, timer, lost, refused('auth.required'), { type: 'renewed' }, { type: 'online' }, { type: 'offline' }, { type: 'looked' });
    fc.assert(
      fc.property(fc.array(happening), (before) => {
        const { connection } = run(...before);
        const [after, effects] = step(connection, { type: 'unwanted' });
        expect(after).toEqual(idle);
        if (connection.phase !== 'idle') expect(effects.map(({ type }) => type)).toContain('close');
        // What was under way ends in nothing.
        for (const late of [greeted, timer, lost, refused('auth.required'), { type: 'renewed' } as Happening]) expect(step(after, late)).toEqual([idle, []]);
      }),
    );
  });

  test('is never stuck: while it is wanted and not refused, something is under way', () => {
    const happening = fc.constantFrom<Happening>(greeted, timer, lost, refused('auth.required'), refused('server.unavailable'), { type: 'renewed' }, { type: 'online' }, { type: 'offline' }, { type: 'looked' }, { type: 'draining', reconnectAfterMs: 10 });
    fc.assert(
      fc.property(fc.array(happening), (happenings) => {
        let connection: Connection = idle;
        let isTimerSet = false;
        for (const it of [wanted, ...happenings]) {
          // A timer that is not set does not go off.
          if (it.type === 'timer' && !isTimerSet) continue;
          if (it.type === 'timer') isTimerSet = false;
          const [next, effects] = step(connection, it);
          connection = next;
          for (const { type } of effects) {
            if (type === 'wake') isTimerSet = true;
            if (type === 'sleepOn') isTimerSet = false;
          }
          if (connection.phase === 'waiting') expect(isTimerSet).toBe(true);
        }
      }),
    );
  });
});

test('delays are anything up to a bound that doubles, and never more than half a minute', () => {
  fc.assert(
    fc.property(fc.nat(100), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (attempt, dice) => {
      const ms = backoffMs(attempt, dice);
      expect(ms).toBeGreaterThanOrEqual(0);
      expect(ms).toBeLessThan(Math.min(30_000, 500 * 2 ** Math.min(attempt, 16)));
    }),
  );
  expect([0, 1, 2, 3, 20].map((attempt) => backoffMs(attempt, 0.999))).toEqual([499, 999, 1998, 3996, 29_970]);
});
