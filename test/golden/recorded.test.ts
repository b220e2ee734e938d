/**
 * @file Whole runs as transformers and peft make them (the Python twin's recordings): the lab's own loop on both real
 * runtimes draws, asks, answers, filters, orders, learns and scores the same.
 */
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readTask } from '../../src/formats/task-folder.ts';
import { modelFacts } from '../../src/lab/model-facts.ts';
import { labPorts } from '../../src/lab/ports.ts';
import { Computed, reusing } from '../../src/lab/reuse.ts';
import type { Score } from '../../src/words/engine.ts';
import type { Ports } from '../../src/method/ports.ts';
import type { Plan } from '../../src/words/plan.ts';
import { armOf, withRate } from '../../src/words/plan.ts';
import { nodeSource } from '../../tools/node-source.ts';
import type { NodeServices } from '../../tools/node-services.ts';
import { loadFolder, nodeServices } from '../../tools/node-services.ts';
import type { RecordedRun } from './recorded-files.ts';
import { recordedRuns } from './recorded-files.ts';
import { isTieOf } from './recorded-ports.ts';
import { departures } from './recorded-run.ts';

const PUBLIC = fileURLToPath(new URL('../../public/', import.meta.url));
const RUNS = recordedRuns();

let services: NodeServices;
let lab: Ports;
beforeAll(async () => {
  services = await nodeServices();
  const model = modelFacts(await loadFolder(services, `${PUBLIC}models/nano`));
  const { signal } = new AbortController();
  lab = reusing(labPorts({ ...services, model, signal, now: () => 0 }), new Computed());
});
afterAll(async () => {
  await services.close();
});

async function planOf({ head: { task, arm, method, set, seed } }: RecordedRun): Promise<Plan> {
  const [own] = withRate([armOf(arm, method, set)], lab.model.learningRate);
  if (own === undefined) throw new Error('no arm');
  return { task: await readTask(nodeSource(`${PUBLIC}icl-pool/${task}`)), arm: own, seed };
}

describe('the lab makes of a run what transformers and peft make of it', () => {
  it('in every recording', () => {
    const methods = RUNS.map(({ head }) => head.method).sort();
    expect(methods).toEqual(['frozen-teacher', 'isara', 'relabel', 'soft', 'soft', 'soft', 'soft+', 'vote']);
  });

  it.each(RUNS.map((run) => [run.name, run] as const))('%s', async (_, run) => {
    expect(await departures(run, await planOf(run), lab)).toEqual([]);
  });
});

describe('a fault is told where it is', () => {
  const [run] = RUNS.filter(({ name }) => name === 'topic-4, soft');
  const told = async (fault: Partial<Ports>, plan?: Plan) => {
    if (run === undefined) throw new Error('no such recording');
    return (await departures(run, plan ?? (await planOf(run)), { ...lab, ...fault })).join('\n');
  };

  it('a token too many before a prompt', async () => {
    expect(await told({ prefixIds: () => Promise.resolve([0]) })).toContain(
      'event 1, evaluated, round 0: asked.prompts',
    );
  });
  it('another order of the examples', async () => {
    const train: Ports['train'] = ({ config, ...request }) =>
      lab.train({ ...request, config: { ...config, seed: config.seed + 1 } });
    expect(await told({ train })).toMatch(/^event 7, trained, round 1: curve\[0\]\.loss/);
  });
  it('a schedule that is off', async () => {
    const train: Ports['train'] = ({ config, ...request }) =>
      lab.train({ ...request, config: { ...config, warmupRatio: 0 } });
    expect(await told({ train })).toContain('trained, round 1: curve[0].learningRate');
  });
  it('an adapter that answers by half', async () => {
    async function* generate(request: Parameters<Ports['generate']>[0]) {
      const { adapter } = request;
      const half = adapter && { ...adapter, config: { ...adapter.config, loraAlpha: 1 } };
      const scores = new Map<string, readonly Score[]>();
      for await (const one of lab.generate({ ...request, adapter: half }))
        scores.set(one.key, one.scores ?? []);
      for await (const one of lab.generate(request))
        yield one.scores === undefined ? one : { ...one, scores: scores.get(one.key) ?? [] };
    }
    expect(await told({ generate })).toContain(
      'evaluated, round 1: evaluation.predictions[0].labelLogprobs[0]',
    );
  });
  it('a label that is none of the likely ones', async () => {
    async function* generate(request: Parameters<Ports['generate']>[0]) {
      const [first] = request.rows;
      for await (const one of lab.generate(request))
        yield one.key === first?.key && one.key.startsWith('label/')
          ? { ...one, ids: [5], logprobs: [-9], text: 'x' }
          : one;
    }
    expect(await told({ generate })).toContain('labelled, round 1: samples[0].answer');
  });
});

describe('two answers are a tie', () => {
  const tie = (gap: number, apart: number) =>
    isTieOf(
      {
        score: (_, rows) =>
          Promise.resolve(rows.map((_row, i) => ({ logprobs: [i === 0 ? -1 - gap : -1], entropies: [1] }))),
      },
      {
        adapter: null,
        ids: [1],
        completion: { key: 'a', ids: [2], logprobs: [-1], text: '', finishReason: 'length' },
      },
      { id: 'a', ids: [3], logprobs: [-1 - gap + apart] },
      0,
    );
  it('where the gap is at most twice what the two sides differ by, and only there', async () => {
    expect(await tie(1e-5, 1e-5)).toBe(true);
    expect(await tie(3e-5, 1e-5)).toBe(false);
  });
});
