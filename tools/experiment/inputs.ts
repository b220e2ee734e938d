/** @file What an experiment names, found and read: the file, the bundled or own model, the bundled or own tasks. */
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LabError } from '../../src/core/errors.ts';
import { quoted } from '../../src/core/shape.ts';
import { namedWeights } from '../../src/core/weights.ts';
import type { Experiment } from '../../src/words/experiment.ts';
import { parseExperiment } from '../../src/words/experiment.ts';
import { learningRateFor, type LearningRate } from '../../src/words/learning-rate.ts';
import { withRate } from '../../src/words/plan.ts';
import { checkChat } from '../../src/method/chat.ts';
import { checkPrompts } from '../../src/method/feasible.ts';
import type { Task } from '../../src/words/task.ts';
import { hasChatTemplate, noTemplate } from '../../src/formats/chat-template.ts';
import type { Checkpoint } from '../../src/formats/checkpoint.ts';
import { openCheckpoint } from '../../src/formats/checkpoint.ts';
import { findDuplicateKey } from '../../src/formats/json.ts';
import { sha256OfText } from '../../src/formats/sha256.ts';
import { readTask } from '../../src/formats/task-folder.ts';
import { nodeSource } from '../node-source.ts';
import { parseJson, readText } from '../read-json.ts';

/** Larger than any experiment that could be run. */
const MAX_FILE_BYTES = 4 * 1024 ** 2;
/** Of a path in a message. */
const LONGEST_PATH = 200;
const PUBLIC = fileURLToPath(new URL('../../public', import.meta.url));

export interface NamedTask {
  /** As the experiment names it. */
  readonly name: string;
  readonly task: Task;
  /** Of its contents. */
  readonly sha256: string;
}

export interface Inputs {
  readonly experiment: Experiment;
  /** The model's folder. */
  readonly modelFolder: string;
  /** What results call it: the bundled name, or the folder's last part, and the type of its weights where that changes them. */
  readonly modelName: string;
  readonly checkpoint: Checkpoint;
  readonly modelSha256: string;
  readonly tasks: readonly NamedTask[];
  /** What "auto" comes to on the model; the experiment's arms have the number. */
  readonly learningRate: LearningRate;
}

/** @throws LabError `source-unreadable`, or `invalid-request` naming what is wrong in the file */
export async function readExperiment(path: string): Promise<Experiment> {
  const text = await readText(path, MAX_FILE_BYTES);
  const json = parseJson(text, path, 'invalid-request');
  const twice = findDuplicateKey(text);
  if (twice !== null) throw new LabError('invalid-request', `${path} has the key "${twice}" twice.`);
  try {
    return parseExperiment(json);
  } catch (thrown) {
    if (!(thrown instanceof LabError)) throw thrown;
    const { code, what, remedy } = thrown;
    throw new LabError(code, `${path}: ${what}`, { remedy, cause: thrown });
  }
}

/** A bundled name, or a folder seen from the experiment's file or from where the person stands. */
function findFolder(
  kind: string,
  name: string,
  bundled: string,
  from: readonly string[],
  file: string,
): string {
  // Each place once: the experiment's file often lies where the person stands.
  const places = new Set([
    ...(/^[\w.-]+$/.test(name) ? [join(bundled, name)] : []),
    ...from.map((at) => resolve(at, name)),
  ]);
  const found = [...places].find((place) => existsSync(join(place, file)));
  if (found !== undefined) return found;
  throw new LabError(
    'source-unreadable',
    `There is no ${kind} ${quoted(name)}: no ${file} in ${[...places].map((place) => quoted(place, LONGEST_PATH)).join(', ')}.`,
    {
      remedy: `Name a bundled ${kind} or a folder.`,
    },
  );
}

/** Opens the model and reads the tasks. @throws LabError naming what cannot be found or read */
export async function readInputs(
  written: Experiment,
  options: { readonly file: string; readonly standing: string },
): Promise<Inputs> {
  const from = [dirname(options.file), options.standing];
  const { name: model, weights } = namedWeights(written.model);
  const modelFolder = findFolder('model', model, join(PUBLIC, 'models'), from, 'config.json');
  const checkpoint = await openCheckpoint(nodeSource(modelFolder), { weights });
  const learningRate = learningRateFor(checkpoint.parameters);
  const experiment = { ...written, arms: withRate(written.arms, learningRate.rate) };
  for (const arm of experiment.arms) checkChat(arm);
  if (
    experiment.arms.some(({ knobs }) => knobs.chat !== 'off') &&
    !(await hasChatTemplate(checkpoint.source))
  )
    throw noTemplate(modelFolder);
  const tasks: NamedTask[] = [];
  for (const name of experiment.tasks) {
    const task = await readTask(
      nodeSource(findFolder('task', name, join(PUBLIC, 'icl-pool'), from, 'task.json')),
    );
    const { id } = task.definition;
    const other = tasks.find((before) => before.task.definition.id === id);
    if (other !== undefined) {
      throw new LabError('invalid-request', `Tasks ${other.name} and ${name} have the same id "${id}".`);
    }
    const named = { name, task, sha256: sha256OfText(JSON.stringify(task)) };
    // The exact count, by the model's positions, is the run's.
    for (const arm of experiment.arms) checkPrompts({ task, arm, seed: 0 }, null);
    tasks.push(named);
  }
  return {
    ...{ experiment, modelFolder, checkpoint, tasks, modelName: checkpoint.label, learningRate },
    modelSha256: await checkpoint.sha256(),
  };
}
