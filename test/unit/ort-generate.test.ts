/** @file Batched generation on wasm: what a prompt gets is its own, whatever it is batched with. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GREEDY } from '../../src/words/engine.ts';
import type { Completion, GenerateEvent } from '../../src/words/engine.ts';
import { shuffled } from '../../src/core/random.ts';
import type { OrtModel } from '../../src/runtimes/ort/engine.ts';
import type { RunStats } from '../../src/runtimes/ort/generate.ts';
import { complete, toyAdapter, toyModel, toyPrompts } from './ort-toy.ts';

const LOGPROBS = 1e-4;
const prompts = toyPrompts(16);

let model: OrtModel;
beforeAll(async () => {
  model = await toyModel();
});
afterAll(async () => {
  await model.release();
});

function expectEqual(a: ReadonlyMap<string, Completion>, b: ReadonlyMap<string, Completion>) {
  expect([...a.keys()].sort()).toEqual([...b.keys()].sort());
  for (const [key, one] of a) {
    const other = b.get(key);
    expect(other?.ids).toEqual(one.ids);
    expect(other?.finishReason).toBe(one.finishReason);
    for (const [i, logprob] of one.logprobs.entries()) {
      expect(Math.abs(logprob - (other?.logprobs[i] ?? NaN))).toBeLessThan(LOGPROBS);
    }
  }
}

/** Decodes each id as a letter, so that stop strings can be met. */
const letters = {
  decode: (ids: readonly number[]) => ids.map((id) => String.fromCharCode(32 + id)).join(''),
};

describe('a batch of prompts of different lengths', () => {
  test('gives each prompt the greedy tokens that it gets alone', async () => {
    const config = { maxNewTokens: 20 };
    const alone = await complete(model, prompts, config, { batchSize: 1 });
    // The prompts are no trivial case: their completions differ, and so do the tokens within one.
    expect(new Set([...alone.values()].map(({ ids }) => ids.join())).size).toBeGreaterThan(8);
    for (const batchSize of [2, 5, 16, 64]) {
      expectEqual(alone, await complete(model, prompts, config, { batchSize }));
    }
  });

  test('samples the same for each prompt whatever its neighbours and its place', async () => {
    const config = { maxNewTokens: 12, doSample: true, temperature: 0.9, topK: 20, topP: 0.9, seed: 5 };
    const alone = await complete(model, prompts, config, { batchSize: 1 });
    expectEqual(alone, await complete(model, shuffled(prompts, 3), config, { batchSize: 7 }));
    const other = await complete(model, prompts, { ...config, seed: 6 });
    expect([...other.values()].map(({ ids }) => ids)).not.toEqual([...alone.values()].map(({ ids }) => ids));
  });

  test('lets finished rows go and refills their slots, without changing what the others get', async () => {
    const plain = await complete(model, prompts, { maxNewTokens: 20 }, { batchSize: 1 });
    // End tokens that some rows meet early and others never.
    const eosTokenIds = [...plain.values()].slice(0, 2).map(({ ids }, i) => ids[2 + i] ?? NaN);
    const config = { maxNewTokens: 20, eosTokenIds };
    const runs: RunStats[] = [];
    const alone = await complete(model, prompts, config, { batchSize: 1 });
    const together = await complete(model, prompts, config, { batchSize: 4, onRun: (run) => runs.push(run) });
    expectEqual(alone, together);
    const reasons = new Set([...together.values()].map(({ finishReason }) => finishReason));
    expect(reasons).toEqual(new Set(['eos', 'length']));
    for (const { ids, finishReason } of together.values()) {
      expect(eosTokenIds.includes(ids.at(-1) ?? NaN)).toBe(finishReason === 'eos');
      expect(ids.slice(0, -1).some((id) => eosTokenIds.includes(id))).toBe(false);
    }
    const prefills = runs.filter(({ kind }) => kind === 'prefill');
    expect(prefills.reduce((sum, { rows }) => sum + rows, 0)).toBe(prompts.length);
    expect(prefills.length).toBeGreaterThan(1);
    expect(
      new Set(runs.filter(({ kind }) => kind === 'decode').map(({ rows }) => rows)).size,
    ).toBeGreaterThan(1);
  });
});

test("a token's log-probability is that of a full pass over prompt and completion", async () => {
  for (const config of [
    { maxNewTokens: 16 },
    { maxNewTokens: 16, repetitionPenalty: 1.5 },
    { maxNewTokens: 16, doSample: true, temperature: 1.3, topK: 30, repetitionPenalty: 1.2 },
  ]) {
    const completions = await complete(model, prompts, config);
    const rows = prompts.map(({ key, ids }) => ({
      promptIds: ids,
      completionIds: completions.get(key)?.ids ?? [],
    }));
    const scores = await model.score(rows);
    for (const [i, { key }] of prompts.entries()) {
      const logprobs = completions.get(key)?.logprobs ?? [];
      expect(logprobs).toHaveLength(16);
      for (const [t, logprob] of logprobs.entries()) {
        expect(Math.abs(logprob - (scores[i]?.logprobs[t] ?? NaN))).toBeLessThan(LOGPROBS);
      }
    }
  }
});

const rows = prompts.map(({ ids }) => ({ promptIds: ids, completionIds: [1, 2, 3] }));

test('a swap of adapters A, B, A changes the answers and brings them back', async () => {
  const [a, b] = [toyAdapter(model.architecture, 1), toyAdapter(model.architecture, 2, 5)];
  const base = await complete(model, prompts, { maxNewTokens: 8 });
  const answers: Map<string, Completion>[] = [];
  for (const adapter of [a, b, a, null]) {
    answers.push(await complete(model, prompts, { maxNewTokens: 8 }, { adapter }));
  }
  const [firstA, onlyB, secondA, back] = answers;
  expect(secondA).toEqual(firstA);
  expect(back).toEqual(base);
  expect(onlyB).not.toEqual(firstA);
  expect(firstA).not.toEqual(base);
});

test('requests with other adapters in the middle of a generation leave that generation its own', async () => {
  const adapters = [3, 4].map((seed) => toyAdapter(model.architecture, seed));
  const [adapter = null] = adapters;
  const expected = await complete(model, prompts, { maxNewTokens: 8 }, { adapter });
  const others = adapters.map((other) => model.score(rows, { adapter: other }));
  const scored = await Promise.all(others);
  const completions = new Map<string, Completion>();
  let turn = 0;
  for await (const event of model.generate(prompts, { ...GREEDY, maxNewTokens: 8 }, { adapter })) {
    if (event.type === 'completion') completions.set(event.completion.key, event.completion);
    const i = turn++ % 2;
    if (turn <= 4) expect(await model.score(rows, { adapter: adapters[i] ?? null })).toEqual(scored[i]);
  }
  expect(completions).toEqual(expected);
  expect(scored[0]).not.toEqual(scored[1]);
  expect(await complete(model, prompts, { maxNewTokens: 8 })).not.toEqual(expected);
});

describe('stop strings', () => {
  test('end the completion and are cut from its text, across tokens too', async () => {
    const full = await complete(model, prompts.slice(0, 4), { maxNewTokens: 16 }, { tokenizer: letters });
    const texts = [...full.values()].map(({ text }) => text);
    for (const [, { key, text }] of full) {
      const stop = text.slice(5, 8);
      const cut = await complete(
        model,
        prompts.slice(0, 4),
        { maxNewTokens: 16, stopStrings: [stop] },
        { tokenizer: letters },
      );
      const at = text.indexOf(stop);
      expect(cut.get(key)).toMatchObject({ text: text.slice(0, at), finishReason: 'stop-string' });
      expect(cut.get(key)?.ids).toHaveLength(at + 3);
    }
    expect(texts.every((text) => text.length === 16)).toBe(true);
  });

  test('are no part of what is streamed, not even their beginnings', async () => {
    const [prompt] = prompts;
    if (prompt === undefined) throw new Error('no prompt');
    const full = await complete(model, [prompt], { maxNewTokens: 16 }, { tokenizer: letters });
    const stop = full.get(prompt.key)?.text.slice(6, 9) ?? '';
    let streamed = '';
    const config = { ...GREEDY, maxNewTokens: 16, stopStrings: [stop] };
    for await (const event of model.generate([prompt], config, { tokenizer: letters })) {
      if (event.type === 'token') streamed += event.text;
      else expect(event.completion.text).toBe(streamed);
    }
    expect(streamed.length).toBeLessThanOrEqual(6);
  });
});

describe('an iteration that ends early', () => {
  test('by cancel, at the next token', async () => {
    const signal = { aborted: false };
    const seen: GenerateEvent[] = [];
    const work = async () => {
      for await (const event of model.generate(prompts, { ...GREEDY, maxNewTokens: 50 }, { signal })) {
        seen.push(event);
        if (seen.length === 20) signal.aborted = true;
      }
    };
    await expect(work()).rejects.toMatchObject({ code: 'cancelled' });
    expect(seen).toHaveLength(20);
    await complete(model, prompts, { maxNewTokens: 2 });
  });

  test('by its consumer', async () => {
    for await (const event of model.generate(prompts, { ...GREEDY, maxNewTokens: 50 })) {
      expect(event.type).toBe('token');
      break;
    }
    expect((await complete(model, prompts, { maxNewTokens: 2 })).size).toBe(prompts.length);
  });
});

test('runs of scoring and of generation may interleave', async () => {
  const before = await model.score(rows);
  const expected = await complete(model, prompts, { maxNewTokens: 8 });
  const [completions, ...scores] = await Promise.all([
    complete(model, prompts, { maxNewTokens: 8 }),
    model.score(rows),
    model.score(rows),
  ]);
  expect(completions).toEqual(expected);
  expect(scores).toEqual([before, before]);
});

describe('refused', () => {
  const generate = (ids: readonly number[], config = {}) => complete(model, [{ key: 'x', ids }], config);
  test.each([
    ['an empty prompt', [], {}, 'invalid-request'],
    ['an id outside the vocabulary', [1, 96], {}, 'invalid-request'],
    ['a fractional id', [1.5], {}, 'invalid-request'],
    ['a prompt over the context', Array.from({ length: 250 }, () => 1), {}, 'context-overflow'],
    ['no new tokens', [1], { maxNewTokens: 0 }, 'invalid-request'],
    ['temperature 0', [1], { doSample: true, temperature: 0 }, 'invalid-request'],
    ['top-p 0', [1], { topP: 0 }, 'invalid-request'],
    ['stop strings without a tokenizer', [1], { stopStrings: ['.'] }, 'invalid-request'],
  ])('%s', async (_, ids, config, code) => {
    await expect(generate(ids, config)).rejects.toMatchObject({ code });
  });

  test('two prompts of one key', async () => {
    const twice = [
      { key: 'x', ids: [1] },
      { key: 'x', ids: [2] },
    ];
    await expect(complete(model, twice)).rejects.toMatchObject({ code: 'invalid-request' });
  });

  test('an adapter of another model, and the next request is answered', async () => {
    const adapter = toyAdapter(model.architecture, 1);
    const [first] = adapter.pairs.entries();
    if (first === undefined) throw new Error('no pair');
    const [module, pair] = first;
    const elsewhere = { ...adapter, pairs: new Map([['elsewhere.q_proj', pair]]) };
    await expect(model.score(rows, { adapter: elsewhere })).rejects.toThrow(/elsewhere\.q_proj/);
    const pairs = new Map([...adapter.pairs, [module, { ...pair, a: pair.a.slice(1) }]]);
    const short = { ...adapter, pairs };
    await expect(model.score(rows, { adapter: short })).rejects.toThrow(/lora_A/);
    expect(await model.score(rows)).toHaveLength(rows.length);
  });
});

test('no prompts, no events', async () => {
  expect((await complete(model, [])).size).toBe(0);
});

describe('ids that no token has', () => {
  const config = { maxNewTokens: 8 };
  /** Those that win without the rule, so that it decides every answer. */
  const winners = async () => {
    const plain = await complete(model, prompts, config);
    return [...new Set([...plain.values()].flatMap(({ ids }) => ids))];
  };

  /** Of the full vocabulary, by the definition. */
  const logprobsOf = (logits: Float32Array): Float64Array => {
    const most = Math.max(...logits);
    const z = logits.reduce((sum, value) => sum + Math.exp(value - most), 0);
    return Float64Array.from(logits, (value) => value - most - Math.log(z));
  };

  test('greedy: the likeliest of the others', async () => {
    const absentIds = await winners();
    expect(absentIds.length).toBeGreaterThan(8);
    const padded = await toyModel(undefined, { absentIds });
    for (const [key, { ids, logprobs }] of await complete(padded, prompts, config)) {
      const prompt = prompts.find((one) => one.key === key)?.ids ?? [];
      const [rows] = await model.logits([[...prompt, ...ids]]);
      for (const [i, id] of ids.entries()) {
        const at = (prompt.length + i - 1) * model.architecture.vocabSize;
        const own = logprobsOf(rows?.subarray(at, at + model.architecture.vocabSize) ?? new Float32Array());
        const others = own.map((value, other) => (absentIds.includes(other) ? -Infinity : value));
        expect(id).toBe(others.indexOf(Math.max(...others)));
        expect(absentIds).not.toContain(id);
        expect(Math.abs((logprobs[i] ?? NaN) - (own[id] ?? NaN))).toBeLessThan(LOGPROBS);
      }
    }
    await padded.release();
  });

  test('sampled, and greedy with a repetition penalty: never one of them', async () => {
    const absentIds = await winners();
    const padded = await toyModel(undefined, { absentIds });
    for (const how of [
      { doSample: true, temperature: 2 },
      { doSample: true, topK: 90 },
      { doSample: true, topP: 0.9 },
      { repetitionPenalty: 1.3 },
    ]) {
      const answers = await complete(padded, prompts, { ...config, ...how });
      const drawn = [...answers.values()].flatMap(({ ids }) => ids);
      expect(drawn.filter((id) => absentIds.includes(id))).toEqual([]);
      expect(new Set(drawn).size).toBeGreaterThan(3);
    }
    // What is scored is told over all of the vocabulary.
    const [plain, own] = await Promise.all(
      [model, padded].map((one) => one.score([{ promptIds: [1, 2], completionIds: [absentIds[0] ?? 0, 4] }])),
    );
    expect(own).toEqual(plain);
    await padded.release();
  });
});
