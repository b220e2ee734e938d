/** @file The JSON Schema (draft 2020-12) of task.json, written beside the task folders. */
import { OWN_METRICS } from '../../src/words/task.ts';

const text = { type: 'string', minLength: 1 } as const;
const count = { type: 'integer', minimum: 0 } as const;

export const TASK_SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Bootlace task',
  description: 'One task folder: task.json with pool, prompts, validation, probe and test as JSON lines.',
  type: 'object',
  additionalProperties: false,
  required: [
    'id',
    'description',
    'kind',
    'role',
    'fields',
    'labels',
    'template',
    'stop',
    'k',
    'metric',
    'licence',
    'splits',
  ],
  properties: {
    $schema: text,
    id: { type: 'string', pattern: '^[a-z0-9]+(-[a-z0-9]+)*$' },
    description: { ...text, description: 'One sentence for the person who chooses a task.' },
    kind: { enum: ['classification', 'generation', 'multiple-choice'] },
    role: {
      enum: ['development', 'confirmation', 'imported'],
      description:
        'Development tasks were looked at while world and recipe were made; imported ones came from files.',
    },
    fields: {
      type: 'object',
      additionalProperties: false,
      required: ['input', 'output'],
      properties: { input: text, output: text },
    },
    labels: {
      type: 'array',
      items: text,
      uniqueItems: true,
      description: 'Empty unless the kind is classification.',
    },
    template: {
      ...text,
      description: 'The prompt; {input} is replaced. The completion is a space, the answer and stop.',
    },
    stop: text,
    k: { type: 'integer', minimum: 1, description: 'Default number of demonstrations.' },
    metric: { enum: OWN_METRICS },
    answerAfter: {
      ...text,
      description:
        'Of generation: an answer is right by what stands after this mark, as #### in GSM8K; absent: by the whole.',
    },
    licence: text,
    generator: {
      description: 'Who made the rows; absent from imported tasks.',
      type: 'object',
      additionalProperties: false,
      required: ['name', 'version', 'seed'],
      properties: { name: text, version: text, seed: { type: 'integer' } },
    },
    splits: {
      type: 'object',
      additionalProperties: false,
      required: ['pool', 'prompts', 'validation', 'probe', 'test'],
      properties: { pool: count, prompts: count, validation: count, probe: count, test: count },
    },
  },
} as const;
