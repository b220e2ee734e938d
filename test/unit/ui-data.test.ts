import { describe, expect, it } from 'vitest';
import type { Task } from '../../src/words/task.ts';
import { labelNamesOf, roleOf, withRole } from '../../src/ui/data/import-choices.ts';
import { parseInline, parseMarkdown } from '../../src/ui/data/markdown.ts';
import { draftFaults, draftOf, poolFault, withAnswer, withPool } from '../../src/ui/data/pool-edit.ts';

const row = (id: string, input: string, output: string) => ({ id, input, output });
const TASK: Task = {
  definition: {
    ...{ id: 'moods', description: 'Which mood?', kind: 'classification', role: 'development', k: 2 },
    ...{
      labels: ['happy', 'sad'],
      template: '{input}\nMood:',
      stop: '\n',
      metric: 'exact_match',
      licence: 'MIT',
    },
  },
  splits: {
    pool: [row('p0', 'Fine day.', 'happy'), row('p1', 'Rain again.', 'sad'), row('p2', 'A party.', 'happy')],
    ...{ prompts: [], validation: [], probe: [] },
    test: [row('t0', 'A funeral.', 'sad')],
  },
};
const added = (input: string, output: string) => ({ key: 'new', row: row('', input, output), isNew: true });

describe('column roles', () => {
  const guessed = {
    ...{ input: ['text'], output: 'label', choices: [], correct: [] },
    ...{ incorrect: [], references: null, group: null },
  };
  const columns = ['title', 'text', 'label', 'kind'];

  it('takes a role of one column from the column that had it', () => {
    const changed = withRole(guessed, columns, 'kind', 'output');
    expect(roleOf(changed, 'kind')).toBe('output');
    expect(roleOf(changed, 'label')).toBe('none');
  });

  it('joins several inputs in the order of the file, not of the clicks', () => {
    expect(withRole(guessed, columns, 'title', 'input').input).toEqual(['title', 'text']);
  });

  it('takes a column each for the choices, in the order of the file', () => {
    const one = withRole(guessed, columns, 'kind', 'choices');
    expect(withRole(one, columns, 'title', 'choices').choices).toEqual(['title', 'kind']);
  });

  it('leaves no column with two roles', () => {
    const changed = withRole(guessed, columns, 'text', 'group');
    expect(changed).toMatchObject({ input: [], group: 'text', output: 'label' });
  });
});

describe('label names', () => {
  it('says nothing where nobody named a label', () => {
    expect(labelNamesOf(['0', '1'], new Map())).toBeUndefined();
  });

  it('drops a label whose name was emptied and keeps the others', () => {
    expect(labelNamesOf(['a', 'b', '?'], new Map([['?', ' ']]))).toEqual(
      new Map([
        ['a', 'a'],
        ['b', 'b'],
      ]),
    );
  });
});

describe('an edited pool', () => {
  it('is as good as before while nothing is changed', () => {
    expect(draftFaults(TASK, draftOf(TASK)).size).toBe(0);
    expect(poolFault(TASK, draftOf(TASK))).toBeNull();
  });

  it('refuses a row that would give a test item away, a double, and a label that is none', () => {
    const faultOf = (input: string, output: string) =>
      draftFaults(TASK, [...draftOf(TASK), added(input, output)]).get('new');
    expect(faultOf('a  funeral.', 'sad')).toContain('stands in test');
    expect(faultOf('Fine day.', 'sad')).toContain('in the pool already');
    expect(faultOf('New.', 'angry')).toContain('no label');
    expect(faultOf('New.', 'sad')).toBeUndefined();
  });

  it('must hold as many rows as the task shows demonstrations', () => {
    expect(poolFault(TASK, draftOf(TASK).slice(0, 1))).toContain('shows 2 demonstrations');
  });

  it('becomes an imported task with rows of unique ids; the other splits stay', () => {
    const [first, ...rest] = draftOf(TASK);
    const draft = [added('New.', 'sad'), ...rest];
    const task = withPool(TASK, first === undefined ? [] : [...draft, first], 'moods-edited');
    expect(task.definition).toMatchObject({ id: 'moods-edited', role: 'imported' });
    expect(new Set(task.splits.pool.map(({ id }) => id)).size).toBe(4);
    expect(task.splits.test).toBe(TASK.splits.test);
  });

  it('moves the right choice with the answer', () => {
    const choices = [
      { text: 'red', correct: true, best: true },
      { text: 'blue', correct: false },
    ];
    const changed = withAnswer({ ...row('m', 'Which?', 'red'), choices }, 'blue');
    expect(changed.choices?.filter(({ correct }) => correct)).toEqual([
      { text: 'blue', correct: true, best: true },
    ]);
  });
});

describe('a model card', () => {
  const CARD =
    '---\nlicense: mit\n---\n\n# nano\n\nA _small_ model\nof `1` layer.\n\n| a | b |\n| - | - |\n| 1 | 2 |\n\n## Limits\n\n- few\n- many\n';

  it('is read into its sections without the front matter', () => {
    const [first, limits] = parseMarkdown(CARD);
    expect(first).toEqual({
      ...{ title: 'nano', level: 1 },
      blocks: [
        { kind: 'paragraph', text: 'A _small_ model of `1` layer.' },
        { kind: 'table', head: ['a', 'b'], rows: [['1', '2']] },
      ],
    });
    expect(limits).toMatchObject({ title: 'Limits', blocks: [{ kind: 'list', items: ['few', 'many'] }] });
  });

  it('keeps markup characters inside words as they are', () => {
    expect(parseInline('see [the *list*](LAYOUTS.md), or *all*')).toEqual([
      { kind: 'text', text: 'see ' },
      { kind: 'text', text: 'the *list*' },
      { kind: 'text', text: ', or ' },
      { kind: 'em', text: 'all' },
    ]);
    expect(parseInline('`soft_max` of snake_case_name')).toEqual([
      { kind: 'code', text: 'soft_max' },
      { kind: 'text', text: ' of snake_case_name' },
    ]);
  });
});
