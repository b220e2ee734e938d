import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TrainState } from '../../src/words/train-state.ts';
import { SOFTWARE_WEBGPU, WASM_ONE_THREAD, WASM_THREADS } from './devices.ts';
import type { OpenedPage } from './pages.ts';
import { openHarness } from './pages.ts';

const DEVICES = [
  { ...WASM_THREADS, texts: 2 },
  { ...WASM_ONE_THREAD, texts: 2 },
  // One short text: the software adapter needs a second for what wasm does in a few milliseconds.
  { ...SOFTWARE_WEBGPU, texts: 1 },
];
const STEPS = 200;

describe.each(DEVICES)('the training worker on $name', (device) => {
  let opened: OpenedPage;
  beforeAll(async () => {
    opened = await openHarness(device.open);
    await opened.page.evaluate(async (backend) => {
      const { inference, training, tinyCheckpoint } = window.lab;
      const request = { source: tinyCheckpoint(), backend };
      await Promise.all([inference.load(request), training.load(request)]);
    }, device.backend);
  });
  afterAll(() => opened.close());

  it('takes 200 steps with a constant number of tensors and flat GPU bytes, and the loss falls', async () => {
    const seen = await opened.page.evaluate(
      async ([texts, maxSteps]) => {
        const { training, lesson, finish } = window.lab;
        // The first training makes what the model then keeps, e.g. the table of rotations.
        await finish(training.train(lesson(texts, { maxSteps: 1 })));
        const before = await training.memory();
        const tensors = new Set<number>();
        const bytes = new Set<number>();
        const losses: number[] = [];
        let measured = 0;
        for await (const event of training.train(lesson(texts, { maxSteps }))) {
          if (event.type !== 'step') continue;
          const { step, loss } = event;
          losses.push(loss);
          // The first steps fill the pools.
          if (step <= 10) continue;
          const memory = await training.memory();
          // Where the page lags, the worker has ended while its last steps are read here.
          if (memory.numTensors === before.numTensors) continue;
          measured += 1;
          tensors.add(memory.numTensors);
          bytes.add(memory.gpuBytes);
        }
        const after = await training.memory();
        return {
          measured,
          tensors: [...tensors],
          gpuBytes: [...bytes],
          leaked: after.numTensors - before.numTensors,
          losses,
        };
      },
      [device.texts, STEPS] as const,
    );
    expect(seen.losses).toHaveLength(STEPS);
    expect(seen.measured).toBeGreaterThan(20);
    expect(seen.tensors).toHaveLength(1);
    expect(seen.gpuBytes).toHaveLength(1);
    expect(seen.leaked).toBe(0);
    expect(seen.losses.at(-1) ?? Infinity).toBeLessThan(0.5 * (seen.losses[0] ?? 0));
  });

  it('stops where the cancel reaches it, tells its state, and another training goes on from it', async () => {
    const seen = await opened.page.evaluate(async (texts) => {
      const { training, lesson, largestDifference, factors } = window.lab;
      const request = lesson(texts, { maxSteps: 24 }, 2);
      /** The losses, what was told of the end, the adapter or the code of what was thrown. */
      const followed = async (events: ReturnType<typeof training.train>, onStep: (step: number) => void) => {
        const losses: number[] = [];
        let state: TrainState | null = null;
        try {
          for (;;) {
            const { value, done } = await events.next();
            if (done === true) return { losses, state, adapter: value, code: null };
            if (value.type === 'stopped') ({ state } = value);
            else {
              losses.push(value.loss);
              onStep(value.step);
            }
          }
        } catch (thrown) {
          return { losses, state, adapter: null, code: window.lab.codeOf(thrown) };
        }
      };
      const ignore = () => undefined;
      const whole = await followed(training.train(request), ignore);
      const abort = new AbortController();
      const stopped = await followed(training.train(request, { signal: abort.signal }), (step) => {
        if (step === 3) abort.abort();
      });
      // Something else in between: the state is with whoever asked.
      await window.lab.finish(training.train(lesson(texts, { maxSteps: 1 }, 5)));
      const { code, state } = stopped;
      const stoppedAt = state?.step ?? NaN;
      const resumed = await followed(training.train({ ...request, resumeFrom: state }), ignore);
      const rest = [...stopped.losses.slice(0, stoppedAt), ...resumed.losses];
      const [uninterrupted, adapters] = [whole.losses, [whole.adapter, resumed.adapter]];
      const [first = [], second = []] = adapters.map((adapter) => (adapter === null ? [] : factors(adapter)));
      return {
        code,
        stoppedAt,
        losses: largestDifference([uninterrupted], [rest]),
        factors: first.length,
        adapters: largestDifference(first, second),
      };
    }, device.texts);
    expect(seen.code).toBe('cancelled');
    // How far it gets before the page's message comes is the machine's business; that it then ends at once, the unit tests'.
    expect(seen.stoppedAt).toBeGreaterThanOrEqual(3);
    expect(seen.stoppedAt).toBeLessThan(24);
    expect(seen.losses).toBe(0);
    expect(seen.factors).toBeGreaterThan(0);
    expect(seen.adapters).toBe(0);
  });

  it('changes what the other worker answers with the adapter that it trained', async () => {
    const seen = await opened.page.evaluate(async (texts) => {
      const { inference, training, lesson, completions, finish, largestDifference } = window.lab;
      const request = lesson(texts, { maxSteps: 30 * texts }, 3);
      const [example] = request.examples;
      if (example === undefined) throw new Error('the lesson has no example');
      const rows = [{ key: 'p', ids: example.promptIds }];
      const maxNewTokens = example.completionIds.length;
      const [before] = await completions(rows, 1, { maxNewTokens });
      const adapter = await finish(training.train(request));
      const [after] = await completions(rows, 1, { maxNewTokens }, adapter);
      const probe = { adapter, rows: [[...example.promptIds, ...example.completionIds]] };
      const difference = largestDifference(await inference.logits(probe), await training.logits(probe));
      return { before: before?.ids, after: after?.ids, taught: example.completionIds, difference };
    }, device.texts);
    expect(seen.before).not.toEqual(seen.taught);
    expect(seen.after).toEqual(seen.taught);
    expect(seen.difference).toBeLessThan(1e-3);
  });

  it('refuses an adapter of another base by its digest', async () => {
    const codes = await opened.page.evaluate(async () => {
      const { inference, training, outcome, lesson, finish } = window.lab;
      const request = lesson(1, { maxSteps: 1 });
      const own = await finish(training.train(request));
      const foreign = { ...own, baseSha256: '0'.repeat(64) };
      const rows = [[1, 2, 3]];
      return [
        await outcome(inference.logits({ adapter: foreign, rows })),
        await outcome(training.logits({ adapter: foreign, rows })),
        await outcome(finish(training.train({ ...request, start: foreign }))),
        await outcome(inference.logits({ adapter: own, rows })),
      ];
    });
    expect(codes).toEqual(['adapter-mismatch', 'adapter-mismatch', 'adapter-mismatch', 'answered']);
  });
});
