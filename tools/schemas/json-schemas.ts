/**
 * @file JSON Schemas (draft 2020-12) for editors, of the very shapes that the lab's readers enforce: @valibot/to-json-schema
 * writes them, and here are only what each file is called and what its words mean.
 */
import { toJsonSchema } from '@valibot/to-json-schema';
import { METRICS, METRIC_NAMES } from '../../src/analysis/metrics.ts';
import { resultRow } from '../../src/analysis/result-row.ts';
import type { Infer, Shape } from '../../src/core/shape.ts';
import { taskFile } from '../../src/formats/task-folder.ts';
import { experimentFile } from '../../src/words/experiment.ts';
import { METHODS, METHOD_NAMES, methodShape } from '../../src/words/methods.ts';
import { OWN_METRICS } from '../../src/words/task.ts';
import { FIELD_MEANINGS, LOOK_MEANINGS, MEANINGS } from '../../src/words/verb-meanings.ts';
import { VERBS } from '../../src/words/verbs.ts';

type Schema = Readonly<Record<string, unknown>>;
type Meanings = Readonly<Record<string, string>>;

function metricMeaning({ help, kind, better, range }: (typeof METRICS)[number]): string {
  const [low, high] = range;
  const direction = better === 'neither' ? 'no better direction' : `${better} is better`;
  return `${help} (${kind}, ${direction}, from ${low}${high === null ? ' up' : ` to ${high}`})`;
}

const VERB_KINDS = ['schedule', 'labels', 'teacher', 'votes', 'trainsOn', 'fewShot', 'stop'] as const;
const METRIC_MEANINGS = new Map<string, string>(
  METRICS.map((metric) => [metric.name, metricMeaning(metric)]),
);
/** What each of a closed set of words means, by the set itself. */
const MEANT = new Map<unknown, Meanings>([
  [METHOD_NAMES, Object.fromEntries(Object.entries(METHODS).map(([name, { help }]) => [name, help]))],
  [METRIC_NAMES, Object.fromEntries(METRIC_MEANINGS)],
  [OWN_METRICS, Object.fromEntries(OWN_METRICS.map((name) => [name, METRIC_MEANINGS.get(name) ?? '']))],
  ...VERB_KINDS.map((kind) => [VERBS[kind], MEANINGS[kind]] as const),
]);

/** Conditions beyond any keyword: the readers ask for them, and editors cannot. */
const UNSAID = ['readonly', 'raw_check', 'finite'];

/** Bounds that bound nothing. */
const VOID: Readonly<Record<string, unknown>> = {
  ...{ maxItems: Infinity, minLength: 0 },
  ...{ minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
};

const without = (schema: object, ...keys: readonly string[]): Schema =>
  Object.fromEntries(Object.entries(schema).filter(([key]) => !keys.includes(key)));

function schemaOf(shape: Shape<unknown>): Schema {
  const schema = toJsonSchema(shape, {
    target: 'draft-2020-12',
    ignoreActions: UNSAID,
    overrideSchema: ({ valibotSchema, jsonSchema }) => {
      const meanings = 'options' in valibotSchema ? MEANT.get(valibotSchema.options) : undefined;
      if (meanings === undefined) return undefined;
      return {
        ...without(jsonSchema, 'enum', 'type'),
        oneOf: Object.entries(meanings).map(([name, description]) => ({ const: name, description })),
      };
    },
    overrideAction: ({ valibotAction: { type }, jsonSchema }) => {
      // A pattern of JSON Schema is one of Unicode's without a flag; the flag alone is what its writer cannot say.
      if (type === 'regex') return jsonSchema;
      const isSaid = ([key, value]: readonly [string, unknown]) => VOID[key] !== value;
      return Object.fromEntries(Object.entries(jsonSchema).filter(isSaid));
    },
  });
  return without(schema, '$schema');
}

const DRAFT = 'https://json-schema.org/draft/2020-12/schema';

export const experimentSchema = (): Schema => ({
  $schema: DRAFT,
  title: 'Experiment',
  description: 'Which arms run on which tasks with which seeds: npm run experiment -- FILE.json',
  ...schemaOf(experimentFile),
});

const isSchema = (value: unknown): value is Schema => typeof value === 'object' && value !== null;
/** An object's schema with a sentence to some of its fields. */
function withMeanings(schema: unknown, meanings: Meanings): Schema {
  const properties = isSchema(schema) && isSchema(schema.properties) ? schema.properties : {};
  const told = Object.entries(properties).map(([name, field]) => {
    const description = meanings[name];
    return [name, isSchema(field) && description !== undefined ? { ...field, description } : field];
  });
  return { ...(isSchema(schema) ? schema : {}), properties: Object.fromEntries(told) };
}

function methodSchema(): Schema {
  const method = withMeanings(schemaOf(methodShape(Object.keys(METHODS))), FIELD_MEANINGS);
  const properties = isSchema(method.properties) ? method.properties : {};
  return { ...method, properties: { ...properties, look: withMeanings(properties.look, LOOK_MEANINGS) } };
}

/** experiments/methods.json: the source of the methods, for this lab and for its twin in Python. */
export const methodsSchema = (): Schema => ({
  $schema: DRAFT,
  title: 'Methods',
  description: 'Each method as data over a closed set of verbs; src/words/methods.ts reads and checks it.',
  type: 'object',
  properties: {
    $schema: { type: 'string' },
    version: { const: 1 },
    methods: { type: 'object', additionalProperties: methodSchema() },
  },
  required: ['version', 'methods'],
  additionalProperties: false,
});

/** One line of results.jsonl. */
export const resultsSchema = (): Schema => ({
  $schema: DRAFT,
  title: 'Row of results.jsonl',
  ...schemaOf(resultRow),
});

/** Of task.json: its reader goes to the page, which needs no such sentences. */
const TASK_MEANINGS: Readonly<Partial<Record<keyof Infer<typeof taskFile>, string>>> = {
  description: 'One sentence for the person who chooses a task.',
  role: 'Development tasks were looked at while world and recipe were made; imported ones came from files.',
  fields: 'What input and output are called in the template.',
  labels: 'Empty unless the kind is classification.',
  template: 'The prompt; {input} is replaced. The completion is a space, the answer and stop.',
  stop: 'Ends an answer.',
  k: 'Default number of demonstrations.',
  answerAfter:
    'Of generation: an answer is right by what stands after this mark, as #### in GSM8K; absent: by the whole.',
  generator: 'Who made the rows; absent from imported tasks.',
  splits: 'Rows by split.',
};

export const taskSchema = (): Schema => ({
  $schema: DRAFT,
  title: 'Bootlace task',
  description: 'One task folder: task.json with pool, prompts, validation, probe and test as JSON lines.',
  ...withMeanings(schemaOf(taskFile), TASK_MEANINGS),
});
