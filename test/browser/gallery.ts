/** @file The page over a lab that computes nothing, in the state that the address asks for (`?state=running`). */
import { dataTools } from '../../src/app/data-tools.ts';
import { readTask } from '../../src/formats/task-folder.ts';
import { urlSource } from '../../src/formats/url-source.ts';
import { trustOwnScripts } from '../../src/app/trusted-scripts.ts';
import { start } from '../../src/ui/start.tsx';
import { STATES, syntheticLab } from './synthetic-lab.ts';

declare global {
  interface Window {
    /** Names of the actions that the page asked for. */
    asked?: readonly string[];
  }
}

trustOwnScripts();
const wanted = new URLSearchParams(window.location.search).get('state');
const state = STATES.find((name) => name === wanted) ?? 'empty';
const pool = new URL('../../icl-pool/', window.location.href);
const tasks = await Promise.all(
  ['two-cue-topic', 'sentiment', 'two-cue'].map((id) => readTask(urlSource(new URL(`${id}/`, pool).href))),
);
const { lab, asked } = syntheticLab(tasks, state);
window.asked = asked;
const labels = tasks[0]?.definition.labels ?? [];
const root = document.getElementById('root');
if (root !== null) {
  start(root, {
    lab,
    data: dataTools,
    decodeUpTo: (ids) => {
      const texts = ids.map((id) => (id === 10 ? '\n' : ` ${labels[id % labels.length] ?? ''}`));
      return Promise.resolve(texts.map((_, i) => texts.slice(0, i + 1).join('')));
    },
    readReference: () =>
      Promise.resolve({
        model: { sha256: 'a'.repeat(64) },
        recipe: {},
        tasks: {
          'two-cue-topic': {
            zeroShot: 0.15,
            fewShot: 0.71,
            constrained: 0.62,
            gold: 0.88,
            chance: 0.25,
            majority: 0.27,
            seeds: [1, 2, 3, 4, 5],
          },
        },
      }),
  });
}
