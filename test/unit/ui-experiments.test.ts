import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { TaskCard } from '../../src/store/task-state.ts';
import { definitionOf } from './method-toy.ts';
import { parseExperiment } from '../../src/words/experiment.ts';
import { setupFromHash, setupToHash } from '../../src/store/setup/setup-url.ts';
import { armsOf } from '../../src/store/setup/setup.ts';
import {
  predictSeconds,
  seedsForPage,
  setupOfExperiment,
} from '../../src/ui/experiments/experiment-setup.ts';

const FOLDER = new URL('../../experiments/', import.meta.url);
const NAMES = readdirSync(FOLDER).filter(
  (name) => name.endsWith('.json') && !name.endsWith('.schema.json') && name !== 'methods.json',
);
const read = (name: string) => parseExperiment(JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')));

describe.each(NAMES)('the bundled experiment %s on the page', (name) => {
  const experiment = read(name);
  const setup = setupOfExperiment(experiment, experiment.tasks[0] ?? '');

  it('has exactly the arms of the file, with all their knobs, after its address was read again', () => {
    const { setup: again, refused } = setupFromHash(setupToHash(setup));
    expect(refused).toEqual([]);
    expect(armsOf(again)).toEqual(experiment.arms);
    expect(again.taskId).toBe(experiment.tasks[0]);
  });

  it('runs fewer seeds than the file, or its only one', () => {
    expect(seedsForPage(experiment).length).toBeLessThan(Math.max(2, experiment.seeds.length));
  });
});

describe('the time of an experiment', () => {
  const task: TaskCard = {
    ...{ definition: definitionOf('classification'), origin: 'bundled' },
    sizes: { pool: 96, prompts: 1024, validation: 128, probe: 256, test: 2000 },
  };

  it('is that of the setup for the setup’s own work, and grows with the seeds', () => {
    const experiment = read('soft-vs-frozen.json');
    const seconds = (seeds: number) =>
      predictSeconds(experiment, task, { arms: experiment.arms, task, seeds, seconds: 100 });
    expect(seconds(2)).toBeCloseTo(100);
    expect(seconds(1)).toBeCloseTo(200);
  });
});
