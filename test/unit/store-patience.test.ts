/** @file Starts that hang or break: every step has its limit, and what is tried next is said. Time passes on demand. */
import { describe, expect, it } from 'vitest';
import { LabError } from '../../src/core/errors.ts';
import type { Delay } from '../../src/core/patience.ts';
import { Patience } from '../../src/core/patience.ts';
import type {
  LoadProgress,
  LoadRequest,
  LoadStep,
  ModelInfo,
  RowsRequest,
} from '../../src/protocol/words.ts';
import { loadBoth } from '../../src/store/model/load-both.ts';
import { inTime, loadPatiently } from '../../src/store/model/patient-load.ts';
import type { Side } from '../../src/store/model/patient-load.ts';
import { FAKE_INFO, fakeServices } from './store-fakes.ts';

/** Timers that fire when the test lets time pass. */
class FakeClock {
  #now = 0;
  readonly #timers = new Map<number, { at: number; then: () => void }>();
  #next = 0;

  readonly delay: Delay = (ms, then) => {
    const id = this.#next++;
    this.#timers.set(id, { at: this.#now + ms, then });
    return () => {
      this.#timers.delete(id);
    };
  };

  get waiting(): number {
    return this.#timers.size;
  }

  async pass(seconds: number): Promise<void> {
    const end = this.#now + 1000 * seconds;
    for (;;) {
      const [due] = [...this.#timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at);
      if (due === undefined) break;
      this.#timers.delete(due[0]);
      this.#now = due[1].at;
      due[1].then();
      await settle();
    }
    this.#now = end;
    await settle();
  }
}

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('patience', () => {
  it('ends when nothing was seen for the limit, and a sign begins it anew', async () => {
    const clock = new FakeClock();
    const stalls: number[] = [];
    const patience = new Patience(clock.delay, (ms) => stalls.push(ms));
    patience.begin(10_000);
    await clock.pass(9);
    patience.sign();
    await clock.pass(9);
    expect(stalls).toEqual([]);
    await clock.pass(1);
    expect(stalls).toEqual([10_000]);
    expect(clock.waiting).toBe(0);
  });

  it('does not count the time in which the machine slept: of a late timer, one tick counts', async () => {
    const stalls: number[] = [];
    let fire: () => void = () => undefined;
    const patience = new Patience(
      (_ms, then) => {
        fire = then;
        return () => undefined;
      },
      (ms) => stalls.push(ms),
    );
    patience.begin(3000);
    fire(); // However late it comes.
    fire();
    expect(stalls).toEqual([]);
    fire();
    expect(stalls).toEqual([3000]);
    await settle();
  });

  it('is over when its work is done', async () => {
    const clock = new FakeClock();
    expect(await inTime(clock.delay, 1000, 'Nothing', Promise.resolve(7))).toBe(7);
    expect(clock.waiting).toBe(0);
    const hung = inTime(clock.delay, 2000, 'It did not end', new Promise(() => undefined)).catch(
      (e: unknown) => e,
    );
    await clock.pass(2);
    expect(await hung).toMatchObject({ code: 'start-stalled', what: 'It did not end in 2 s.' });
  });
});

/** What a worker does with a load: the steps that it tells, then an outcome; `hang`: none. */
interface Script {
  readonly steps: readonly Partial<LoadProgress>[];
  readonly end: 'hang' | 'done' | LabError;
}

const at = (step: LoadStep, backend: LoadProgress['backend'] = null): Partial<LoadProgress> => ({
  step,
  backend,
});
const DONE: Script = { steps: [at('files'), at('device', 'wasm')], end: 'done' };
const WASM_HANGS: Script = { steps: [at('files'), at('device', 'wasm')], end: 'hang' };

function started(side: Side, scripts: readonly Script[], wish: Partial<LoadRequest> = {}, hasThreads = true) {
  const clock = new FakeClock();
  const abort = new AbortController();
  const asked: Partial<LoadRequest>[] = [];
  const said: string[] = [];
  const renewed: LabError[] = [];
  const seen: LoadStep[] = [];
  const loader = {
    side,
    load: (request: LoadRequest, { onEvent }: { onEvent?: ((event: LoadProgress) => void) | undefined }) => {
      const script = scripts[asked.length] ?? DONE;
      const { backend, threads } = request;
      asked.push({ backend, ...(threads && { threads }) });
      for (const step of script.steps)
        onEvent?.({ step: 'files', backend: null, done: 0, total: 0, ...step });
      if (script.end === 'hang') return new Promise<ModelInfo>(() => undefined);
      return script.end === 'done' ? Promise.resolve(FAKE_INFO) : Promise.reject(script.end);
    },
    renew: (why: LabError) => renewed.push(why),
  };
  const source = { kind: 'memory', label: 'm', files: new Map() } as const;
  const outcome = loadPatiently(
    loader,
    { source, backend: 'auto', ...wish },
    {
      signal: abort.signal,
      delay: clock.delay,
      hasThreads,
      onProgress: (_side, { step }) => seen.push(step),
      say: (text) => said.push(text),
    },
  ).catch((thrown: unknown) => thrown);
  return { clock, abort, asked, said, renewed, seen, outcome };
}

describe('a start that hangs', () => {
  it('in its threads is tried in a fresh worker, then on one thread, and each is said', async () => {
    const { clock, asked, said, renewed, outcome } = started('training', [WASM_HANGS, WASM_HANGS]);
    await clock.pass(20);
    expect(said).toEqual([
      'The runtime that trains: threads did not start in 20 s. Starting again in a fresh worker.',
    ]);
    await clock.pass(20);
    expect(said[1]).toBe(
      'The runtime that trains: threads did not start in 20 s. Starting again on one thread.',
    );
    expect(await outcome).toBe(FAKE_INFO);
    expect(asked).toEqual([{ backend: 'auto' }, { backend: 'auto' }, { backend: 'auto', threads: 1 }]);
    expect(renewed.map(({ code }) => code)).toEqual(['start-stalled', 'start-stalled']);
    expect(clock.waiting).toBe(0);
  });

  it('speaks of no threads where the browser gives none', async () => {
    const { clock, said, outcome, asked } = started('training', [WASM_HANGS, WASM_HANGS], {}, false);
    await clock.pass(40);
    expect(await outcome).toMatchObject({ code: 'start-stalled' });
    expect(asked).toEqual([{ backend: 'auto' }, { backend: 'auto' }]);
    expect(said).toEqual([
      'The runtime that trains: wasm did not start in 20 s. Starting again in a fresh worker.',
    ]);
  });

  it('in asking for a GPU goes to the processor', async () => {
    const { clock, asked, said, outcome } = started('training', [
      { steps: [at('device', 'webgpu')], end: 'hang' },
    ]);
    await clock.pass(20);
    expect(await outcome).toBe(FAKE_INFO);
    expect(asked[1]).toEqual({ backend: 'wasm' });
    expect(said.join()).toBe(
      'The runtime that trains: WebGPU gave no device in 20 s. Starting again on the processor.',
    );
  });

  it('has twice the time to compile onnxruntime', async () => {
    const { clock, said } = started('inference', [WASM_HANGS]);
    await clock.pass(39);
    expect(said).toEqual([]);
    await clock.pass(1);
    expect(said.join()).toContain('threads did not start in 40 s');
  });

  it('on a GPU that was asked for by name fails with the step and a remedy', async () => {
    const { clock, outcome } = started('training', [{ steps: [at('device', 'webgpu')], end: 'hang' }], {
      backend: 'webgpu',
    });
    await clock.pass(20);
    expect(await outcome).toMatchObject({ code: 'start-stalled' });
    expect(String(await outcome)).toContain('WebGPU gave no device');
  });

  it.each<[string, Script['steps'], number]>([
    ['before the worker has said anything', [], 90],
    ['while the files are read', [at('files')], 60],
    ['while the runtime comes', [at('runtime')], 60],
    ['while the weights are read', [at('weights', 'wasm')], 60],
  ])('%s is tried once in a fresh worker, then told by its step', async (_name, steps, seconds) => {
    const script: Script = { steps, end: 'hang' };
    const { clock, asked, renewed, outcome } = started('inference', [script, script]);
    await clock.pass(seconds - 1);
    expect(asked).toHaveLength(1);
    await clock.pass(1);
    expect(asked).toHaveLength(2);
    await clock.pass(seconds);
    expect(await outcome).toMatchObject({ code: 'start-stalled' });
    expect(String(await outcome)).toContain(`in ${seconds} s`);
    expect(renewed).toHaveLength(2); // What hangs is not left hanging.
    expect(asked).toHaveLength(2);
  });

  it('has more time for the weights of a large model', async () => {
    const session = { ...at('session', 'wasm'), total: 100_000_000 };
    const { clock, said } = started('inference', [{ steps: [session], end: 'hang' }]);
    await clock.pass(159);
    expect(said).toEqual([]);
    await clock.pass(1);
    expect(said.join()).toContain('one thread');
  });

  it('is not cut short while it shows progress', async () => {
    const clock = new FakeClock();
    let tell: (progress: LoadProgress) => void = () => undefined;
    let finish: (info: ModelInfo) => void = () => undefined;
    const said: string[] = [];
    const outcome = loadPatiently(
      {
        side: 'inference',
        load: (_request, { onEvent }) => {
          tell = onEvent ?? tell;
          return new Promise((resolve) => (finish = resolve));
        },
        renew: () => undefined,
      },
      { source: { kind: 'url', url: 'http://h/' }, backend: 'auto' },
      {
        signal: new AbortController().signal,
        ...{
          delay: clock.delay,
          hasThreads: true,
          onProgress: () => undefined,
          say: (text) => said.push(text),
        },
      },
    );
    for (let done = 0; done < 10; done++) {
      tell({ step: 'runtime', backend: null, done, total: 10 });
      await clock.pass(59);
    }
    finish(FAKE_INFO);
    expect(await outcome).toBe(FAKE_INFO);
    expect(said).toEqual([]);
  });

  it('and is cancelled is not tried again; its worker goes', async () => {
    const { clock, abort, asked, renewed, outcome } = started('training', [WASM_HANGS]);
    await clock.pass(1);
    abort.abort();
    await clock.pass(5);
    expect(await outcome).toMatchObject({ code: 'cancelled' });
    expect(asked).toHaveLength(1);
    expect(renewed).toHaveLength(1);
  });
});

describe('a start that breaks', () => {
  const broken = (step: LoadStep, code: LabError['code']): Script => ({
    steps: [at(step, 'wasm')],
    end: new LabError(code, 'It broke.'),
  });

  it.each([
    ['device', 'internal'],
    ['session', 'internal'],
    ['device', 'worker-died'],
  ] as const)('in %s with %s is tried on one thread', async (step, code) => {
    const { said, asked, outcome } = started('training', [broken(step, code)]);
    expect(await outcome).toBe(FAKE_INFO);
    expect(asked[1]).toEqual({ backend: 'auto', threads: 1 });
    expect(said).toEqual(['It broke. Starting again on one thread.']);
  });

  it.each([
    ['files', 'model-integrity'],
    ['weights', 'internal'],
    ['session', 'out-of-memory'],
    ['self-test', 'self-test-failed'],
  ] as const)('in %s with %s would only break again', async (step, code) => {
    const { asked, said, outcome } = started('training', [broken(step, code)]);
    expect(await outcome).toMatchObject({ code });
    expect(asked).toHaveLength(1);
    expect(said).toEqual([]);
  });
});

describe('the first comparison', () => {
  it('that does not end starts both again on one thread', async () => {
    const clock = new FakeClock();
    const { inference, training } = fakeServices();
    const log: string[] = [];
    let isHanging = true;
    const load = (side: Side) => (request: LoadRequest) => {
      log.push(`${side} ${request.backend} ${request.threads ?? 'all'}`);
      return Promise.resolve(FAKE_INFO);
    };
    const runtimes = {
      inference: { ...inference, load: load('inference') },
      training: {
        ...training,
        load: load('training'),
        logits: (request: RowsRequest) =>
          isHanging ? new Promise<Float32Array<ArrayBuffer>[]>(() => undefined) : training.logits(request),
      },
      renew: (side: Side) => {
        isHanging = false;
        log.push(`renew ${side}`);
      },
    };
    const said: string[] = [];
    const loading = loadBoth(
      runtimes,
      { source: { kind: 'memory', label: 'm', files: new Map() }, backend: 'auto' },
      {
        signal: new AbortController().signal,
        ...{ delay: clock.delay, hasThreads: true },
        ...{ onProgress: () => undefined, onComparing: () => undefined, say: (text) => said.push(text) },
      },
    );
    await settle();
    await clock.pass(61);
    expect(await loading).toMatchObject({ logitDifference: 0 });
    expect(log).toEqual([
      ...['inference auto all', 'training auto all', 'renew inference', 'renew training'],
      ...['inference wasm 1', 'training wasm 1'],
    ]);
    expect(said.join()).toMatch(/The runtime that trains gave no first answer in 60 s\. Both start again/);
  });
});
