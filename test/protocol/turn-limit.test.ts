/** @file A request with a limit on silence: its time runs while it is its turn, and its end is a fresh worker. */
import { afterEach, describe, expect, it } from 'vitest';
import { LabError } from '../../src/core/errors.ts';
import type { Delay } from '../../src/core/patience.ts';
import type { Service } from '../../src/protocol/method.ts';
import { Call, clientOf, handlersOf, methods } from '../../src/protocol/method.ts';
import { serve } from '../../src/protocol/server.ts';
import { nothing, text } from '../../src/core/shape.ts';
import type { Replacement } from '../../src/protocol/supervisor.ts';
import { Supervisor } from '../../src/protocol/supervisor.ts';
import { FakeWorker, closePorts, pause } from './toy.ts';

afterEach(closePorts);

/** No other timer of the channel has it. */
const LIMIT_MS = 12_345;

const calls = methods({
  load: new Call('load', { params: text, event: text, result: text, setsState: true }),
  encode: new Call('encode', {
    ...{ params: text, event: text, result: text },
    limit: {
      ms: LIMIT_MS,
      error: (last) => new LabError('tokenizer-integrity', `Silent at ${last ?? 'nothing'}.`),
    },
  }),
  generate: new Call('generate', { params: nothing, event: text, result: text }),
  facts: new Call('facts', { params: nothing, event: text, result: text, isConcurrent: true }),
});
type Calls = Service<typeof calls>;

/** A worker whose encode says what it is at and never ends where the text is "evil". */
function started() {
  const timers = new Set<() => void>();
  const delay: Delay = (ms, then) => {
    if (ms !== LIMIT_MS) return () => undefined;
    timers.add(then);
    return () => {
      timers.delete(then);
    };
  };
  let endGeneration: () => void = () => undefined;
  let said: (what: string) => void = () => undefined;
  const loads: string[] = [];
  const engine: Calls = {
    load: (name) => {
      loads.push(name);
      return Promise.resolve(name);
    },
    encode: (what, { onEvent } = {}) => {
      said = (words) => onEvent?.(words);
      if (what !== 'evil') return Promise.resolve(what);
      said('the pattern (a+)+$');
      return new Promise<never>(() => undefined);
    },
    generate: () =>
      new Promise(
        (resolve) =>
          (endGeneration = () => {
            resolve('done');
          }),
      ),
    facts: () => Promise.resolve('here'),
  };
  const replaced: Replacement[] = [];
  let spawned = 0;
  const supervisor = new Supervisor({
    ...{ delay, replay: true, onGaveUp: () => undefined },
    spawn: () => {
      spawned += 1;
      return new FakeWorker((inside) => {
        serve(inside, handlersOf(calls, engine), { pause });
      });
    },
    onReplaced: (replacement) => replaced.push(replacement),
  });
  return {
    ...{ supervisor, timers, replaced, loads, service: clientOf(calls, supervisor.channel) },
    spawned: () => spawned,
    endGeneration: () => {
      endGeneration();
    },
    say: (what: string) => {
      said(what);
    },
  };
}

const settle = async () => {
  for (let i = 0; i < 20; i++) await pause();
};
const fault = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (thrown: unknown) => thrown,
  );

describe('a request with a limit on silence', () => {
  it('fails with its own error, and a worker with the same model takes the place of the silent one', async () => {
    const { supervisor, service, timers, replaced, loads, spawned } = started();
    await supervisor.start();
    await service.load('tiny');
    const evil = fault(service.encode('evil'));
    const next = fault(service.encode('next'));
    await settle();
    expect(timers.size).toBe(1);
    for (const fire of timers) fire();
    expect(await evil).toMatchObject({ code: 'tokenizer-integrity', what: 'Silent at the pattern (a+)+$.' });
    expect(await next).toMatchObject({ code: 'tokenizer-integrity' });
    await settle();
    expect([spawned(), replaced.length, replaced[0]?.hasReplayed]).toEqual([2, 1, true]);
    expect(loads).toEqual(['tiny', 'tiny']);
    expect(await service.encode('fine')).toBe('fine');
    expect(timers.size).toBe(0);
  });

  it('has no time running while another request has its turn, nor after its end', async () => {
    const { supervisor, service, timers, endGeneration } = started();
    await supervisor.start();
    const generation = service.generate();
    const text = service.encode('fine');
    await settle();
    expect(await service.facts()).toBe('here');
    expect(timers.size).toBe(0);
    endGeneration();
    expect([await generation, await text]).toEqual(['done', 'fine']);
    await settle();
    expect(timers.size).toBe(0);
  });

  it('begins its time anew with every event, whatever is asked beside it', async () => {
    const { supervisor, service, timers, say } = started();
    await supervisor.start();
    const evil = fault(service.encode('evil'));
    await settle();
    const [first] = timers;
    say('the second text');
    await settle();
    expect(timers.size).toBe(1);
    expect(timers.has(first ?? (() => undefined))).toBe(false);
    await service.facts();
    expect(timers.size).toBe(1);
    for (const fire of timers) fire();
    expect(await evil).toMatchObject({ what: 'Silent at the second text.' });
  });
});
