/** @file The page over a lab that computes nothing, in the state that the address asks for (`?state=running`). */
import type { MapFile } from '../../src/analysis/map-file.ts';
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
/** Made up: one that tells. */
const MAP: MapFile = {
  caption: 'Made up.',
  fit: [0.06, -0.4, 0.1],
  byTask: { errors: { map: 0.02, accuracy: 0.04, constant: 0.05 }, slope: 0.9, intercept: 0, groups: 3 },
  ...{ byModel: null, spread: 0.03 },
  cells: ['two-cue-topic', 'sentiment', 'two-cue'].flatMap((task, i) =>
    [0, 1, 2, 3].map((j) => {
      const [systematic, varying] = [0.1 + 0.15 * i, 0.05 + 0.12 * j];
      const gain = 0.06 - 0.4 * systematic + 0.1 * varying;
      return {
        ...{ model: 'nano', task, setting: `soft-${j}` },
        gains: [-0.03, -0.01, 0.01, 0.03].map((of) => gain + of),
        ...{ systematic, varying, accuracy: (1 - systematic) * (1 - varying) },
      };
    }),
  ),
};
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
    readMap: () => Promise.resolve(MAP),
  });
}
