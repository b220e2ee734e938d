/** @file A task with other words: labels renamed, or another template. Rows, splits and draws stay. Pure. */
import { normaliseLabel } from '../../metrics/metrics.ts';
import type { SplitName, Task, TaskRow } from '../../words/task.ts';

export type LabelNames = Readonly<Record<string, string>>;

/** What is wrong with the names, by label; {} where they can be taken. */
export function namesFaults({ definition: { labels, stop } }: Task, names: LabelNames): LabelNames {
  const named = labels.map((label) => [label, (names[label] ?? label).trim()] as const);
  const faults: Record<string, string> = {};
  for (const [label, name] of named) {
    const same = named.find(
      ([other, its]) => other !== label && normaliseLabel(its) === normaliseLabel(name),
    );
    if (name === '') faults[label] = 'It needs a name.';
    else if (name.includes(stop)) faults[label] = 'It holds what ends an answer.';
    else if (same !== undefined) faults[label] = `${same[0]} is called so too.`;
  }
  return faults;
}

/** A name that no task has: "reviews-renamed", "reviews-renamed-2". */
export function freeTaskName(id: string, suffix: string, taken: readonly string[]): string {
  const stem = `${id.replace(new RegExp(`-${suffix}(-\\d+)?$`), '')}-${suffix}`;
  let name = stem;
  for (let i = 2; taken.includes(name); i++) name = `${stem}-${i}`;
  return name;
}

function remade(
  task: Task,
  id: string,
  how: string,
  change: Partial<Task['definition']>,
): Task['definition'] {
  const { definition } = task;
  const description = `${definition.description} (${definition.id} ${how}.)`.trim();
  return { ...definition, id, description, role: 'imported', ...change };
}

/** @param names without faults */
export function withLabels(task: Task, names: LabelNames, taken: readonly string[]): Task {
  const nameOf = (label: string) => (names[label] ?? label).trim();
  const { definition, splits } = task;
  const row = (old: TaskRow): TaskRow => ({
    ...old,
    output: old.output === '' ? '' : nameOf(old.output),
    ...(old.references === undefined ? {} : { references: old.references.map(nameOf) }),
  });
  const labels = definition.labels.map(nameOf);
  const renamed = definition.labels.flatMap((label, i) => {
    const name = labels[i] ?? label;
    return name === label ? [] : [`${label} as ${name}`];
  });
  const id = freeTaskName(definition.id, 'renamed', taken);
  const of = (split: SplitName) => splits[split].map(row);
  return {
    definition: remade(task, id, `with labels renamed: ${renamed.join(', ')}`, { labels }),
    splits: {
      ...{ pool: of('pool'), prompts: of('prompts'), validation: of('validation') },
      ...{ probe: of('probe'), test: of('test') },
    },
  };
}

/** @param used what was looked at to choose it, as words; '' for nothing */
export function withTemplate(task: Task, template: string, used: string, taken: readonly string[]): Task {
  const id = freeTaskName(task.definition.id, 'reworded', taken);
  const how = `with another template${used === '' ? '' : `, chosen on labels of ${used}`}`;
  return { ...task, definition: remade(task, id, how, { template }) };
}
