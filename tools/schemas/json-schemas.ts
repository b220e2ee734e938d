/** @file JSON Schemas (draft 2020-12) made of the tables, for editors; words/experiment.ts is what is enforced. */
import { ARM_NAME, LONGEST_ARM_NAME } from '../../src/words/experiment.ts';
import type { Knob } from '../../src/words/knobs.ts';
import { KNOBS, LONGEST_KNOB_TEXT } from '../../src/words/knobs.ts';
import { MARKS, METHODS, METHOD_NAMES } from '../../src/words/methods.ts';
import type { VerbKind } from '../../src/words/verbs.ts';
import { MEANINGS } from '../../src/words/verb-meanings.ts';
import { METRICS } from '../../src/analysis/metrics.ts';
import { NO_SHOTS } from '../../src/method/room.ts';

const DRAFT = 'https://json-schema.org/draft/2020-12/schema';
type Schema = Readonly<Record<string, unknown>>;

const text = (description: string): Schema => ({ type: 'string', minLength: 1, description });
const list = (items: Schema, description: string): Schema => ({
  ...{ type: 'array', minItems: 1, uniqueItems: true, items, description },
});
const closed = (properties: Readonly<Record<string, Schema>>, required: readonly string[]): Schema => ({
  ...{ type: 'object', properties, required, additionalProperties: false },
});

function knobSchema(knob: Knob): Schema {
  const told = { description: `${knob.label}: ${knob.help}`, default: knob.default };
  switch (knob.kind) {
    case 'number': {
      const { min, max, isWhole } = knob;
      return { type: isWhole ? 'integer' : 'number', minimum: min, maximum: max, ...told };
    }
    case 'auto': {
      const { min, max } = knob;
      return { anyOf: [{ const: 'auto' }, { type: 'number', minimum: min, maximum: max }], ...told };
    }
    case 'choice':
      return { enum: knob.options, ...told };
    case 'flag':
      return { type: 'boolean', ...told };
    case 'text':
      return { type: 'string', maxLength: LONGEST_KNOB_TEXT, ...told };
  }
}

const knobs = (): Readonly<Record<string, Schema>> =>
  Object.fromEntries(Object.entries(KNOBS).map(([name, knob]) => [name, knobSchema(knob)]));

export function experimentSchema(): Schema {
  const methods = Object.entries(METHODS).map(([name, { help }]) => ({ const: name, description: help }));
  const name = {
    ...text('Unique; what results, plots and folders call it.'),
    ...{ maxLength: LONGEST_ARM_NAME, pattern: ARM_NAME.source },
  };
  const arm = closed({ name, method: { oneOf: methods }, ...knobs() }, ['name', 'method']);
  const grid = Object.fromEntries(
    Object.entries(knobs()).map(([knob, schema]) => [
      knob,
      list(schema, 'Values; each makes an arm of its own.'),
    ]),
  );
  const claim = closed(
    {
      arm: text('The arm that scores higher.'),
      against: text('The arm it is compared with, paired by seed.'),
      tasks: list(text('A task of the experiment.'), "Holm's correction is over these."),
    },
    ['arm', 'against', 'tasks'],
  );
  return {
    $schema: DRAFT,
    title: 'Experiment',
    description: 'Which arms run on which tasks with which seeds: npm run experiment -- FILE.json',
    ...closed(
      {
        $schema: { type: 'string' },
        title: text('A few words for people.'),
        why: text('Why one would run it.'),
        question: text('The question that its plot answers.'),
        model: text('A bundled model by its name, or a folder in the Hub’s layout.'),
        tasks: list(text('A bundled task by its name, or a task folder.'), 'Tasks.'),
        seeds: list({ type: 'integer', minimum: 0 }, 'A seed varies every draw.'),
        shared: { ...closed(knobs(), []), description: 'Knobs of every arm; an arm’s own come before them.' },
        arms: {
          type: 'array',
          minItems: 1,
          items: arm,
          description: 'A method and the knobs it is run with.',
        },
        grid: {
          ...{ type: 'object', properties: grid, additionalProperties: false, minProperties: 1 },
          description: 'Every arm with every combination of these values.',
        },
        claims: {
          ...{ type: 'array', minItems: 1, items: claim },
          description: 'What is claimed before the run; all else is exploratory.',
        },
      },
      ['model', 'tasks', 'seeds', 'arms'],
    ),
  };
}

/** experiments/methods.json: the source of the methods, for this lab and for its twin in Python. */
export function methodsSchema(): Schema {
  const verb = (kind: VerbKind): Schema => ({
    oneOf: Object.entries(MEANINGS[kind]).map(([name, meaning]) => ({ const: name, description: meaning })),
  });
  const words = (description: string): Schema => ({ type: 'string', description });
  const look = closed(
    {
      colour: text('Of src/ui/design/arms.css.'),
      mark: { enum: MARKS },
      dash: { type: 'string', description: 'stroke-dasharray; empty is a solid line.' },
    },
    ['colour', 'mark', 'dash'],
  );
  const properties = {
    title: text('As people read it.'),
    help: text('One sentence.'),
    ...{ schedule: verb('schedule'), labels: verb('labels'), teacher: verb('teacher'), votes: verb('votes') },
    trainsOn: { type: 'array', uniqueItems: true, items: verb('trainsOn') },
    ...{ fewShot: verb('fewShot'), stop: verb('stop') },
    presets: { ...closed(knobs(), []), description: 'Knobs that make the method what it is.' },
    controls: {
      ...{ type: 'array', uniqueItems: true, items: { enum: METHOD_NAMES } },
      description: 'The arms that make its gain mean something, run after it.',
    },
    asControl: words('What it is as a control, a sentence’s beginning; empty where the title says it.'),
    look,
  };
  const method = closed(properties, Object.keys(properties));
  return {
    $schema: DRAFT,
    title: 'Methods',
    description: 'Each method as data over a closed set of verbs; src/words/methods.ts reads and checks it.',
    ...closed(
      {
        $schema: { type: 'string' },
        version: { const: 1 },
        methods: { type: 'object', additionalProperties: method },
      },
      ['version', 'methods'],
    ),
  };
}

/** One line of results.jsonl. */
export function resultsSchema(): Schema {
  const metrics = METRICS.map(({ name, help, kind, better, range }) => {
    const [low, high] = range;
    const direction = better === 'neither' ? 'no better direction' : `${better} is better`;
    return {
      const: name,
      description: `${help} (${kind}, ${direction}, from ${low}${high === null ? ' up' : ` to ${high}`})`,
    };
  });
  const properties = {
    model: text('The bundled name, or the folder’s.'),
    task: text('The task’s id.'),
    arm: text('The arm’s name.'),
    method: { enum: METHOD_NAMES },
    seed: { type: 'integer', minimum: 0 },
    round: { type: 'integer', minimum: 0, description: '0 is the base.' },
    split: {
      enum: ['test', 'validation', 'probe', 'prompts'],
      description: 'prompts: figures of the labelled samples and of the training on them.',
    },
    mode: {
      enum: ['zero-shot', 'few-shot', NO_SHOTS, null],
      description: `null for prompts; "${NO_SHOTS}": asked few-shot, but nothing had room before any prompt.`,
    },
    metric: { oneOf: metrics },
    value: { type: 'number' },
    n: {
      type: 'integer',
      minimum: 0,
      description: 'How many items (of a training loss: tokens) the value is a mean over.',
    },
  };
  return {
    $schema: DRAFT,
    title: 'Row of results.jsonl',
    ...closed(properties, Object.keys(properties)),
  };
}
