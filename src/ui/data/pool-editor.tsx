/** @file The pool as a form: answers changed, rows added and removed; kept as a task of its own. */
import type { ReactNode } from 'react';
import { useMemo, useState } from 'react';
import { plural } from '../../core/plural.ts';
import { freeTaskName } from '../../analysis/readiness/mend.ts';
import type { Task } from '../../words/task.ts';
import type { TaskCard } from '../../store/task-state.ts';
import { Button } from '../kit/button.tsx';
import { Choice } from '../kit/choice.tsx';
import { TextBox } from '../kit/text-box.tsx';
import { useActions, useLab } from '../lab-context.ts';
import type { DraftRow } from './pool-edit.ts';
import { draftChanges, draftFaults, draftOf, poolFault, withAnswer, withPool } from './pool-edit.ts';

const PAGE_ROWS = 25;

interface RowProps {
  readonly at: number;
  readonly draft: DraftRow;
  readonly labels: readonly string[];
  readonly fault: string | null;
  readonly onChange: (row: DraftRow) => void;
  readonly onRemove: () => void;
}

function PoolRow({ at, draft, labels, fault, onChange, onRemove }: RowProps): ReactNode {
  const { row } = draft;
  const choices = row.choices?.map(({ text }) => text) ?? labels;
  const name = `row ${at + 1}`;
  const label = `Answer of ${name}`;
  const put = (output: string) => {
    onChange({ ...draft, row: withAnswer(row, output) });
  };
  return (
    <li className="pool-row">
      <span className="field-note pool-number">{at + 1}</span>
      <textarea
        className="input pool-input"
        aria-label={`Input of ${name}`}
        rows={row.input.length > 70 ? 2 : 1}
        value={row.input}
        spellCheck={false}
        onChange={(event) => {
          onChange({ ...draft, row: { ...row, input: event.target.value.replace(/\n/g, ' ') } });
        }}
      />
      {choices.length > 0 ? (
        <Choice
          label={label}
          isLabelHidden
          placeholder="no answer"
          value={row.output === '' ? null : row.output}
          options={[...new Set([...choices, row.output])].flatMap((id) =>
            id === '' ? [] : [{ id, title: id }],
          )}
          onChange={put}
        />
      ) : (
        <input
          className="input"
          aria-label={label}
          value={row.output}
          onChange={(event) => {
            put(event.target.value);
          }}
        />
      )}
      <Button look="quiet" aria-label={`Remove ${name}`} onPress={onRemove}>
        Remove
      </Button>
      {fault !== null && <p className="field-fault pool-fault">{fault}</p>}
    </li>
  );
}

export interface PoolEditorProps {
  readonly task: Task;
  readonly origin: TaskCard['origin'];
  /** With the id of the task that was kept; null where nothing was. */
  readonly onDone: (kept: string | null) => void;
}

export function PoolEditor({ task, origin, onDone }: PoolEditorProps): ReactNode {
  const actions = useActions();
  const cards = useLab((state) => state.tasks.cards);
  const [draft, setDraft] = useState(() => draftOf(task));
  const [page, setPage] = useState(0);
  const [search, setSearch] = useState('');
  const [added, setAdded] = useState(0);
  const faults = useMemo(() => draftFaults(task, draft), [task, draft]);
  const whole = poolFault(task, draft);
  const changes = draftChanges(task, draft);
  const total = changes.changed + changes.added + changes.removed;
  const { id } = task.definition;
  const target =
    origin === 'imported'
      ? id
      : freeTaskName(
          id,
          'edited',
          cards.map(({ definition }) => definition.id),
        );
  const wanted = search.trim().toLowerCase();
  const shown = draft
    .map((row, at) => ({ row, at }))
    .filter(({ row: { row } }) => `${row.input} ${row.output}`.toLowerCase().includes(wanted));
  const pages = Math.max(1, Math.ceil(shown.length / PAGE_ROWS));
  const current = Math.min(page, pages - 1);
  const put = (key: string, row: DraftRow | null) => {
    setDraft(draft.flatMap((other) => (other.key !== key ? [other] : row === null ? [] : [row])));
  };
  const add = () => {
    const { labels } = task.definition;
    const row = { id: '', input: '', output: labels[0] ?? '' };
    setDraft([{ key: `new ${added}`, row, isNew: true }, ...draft]);
    setAdded(added + 1);
    setPage(0);
    setSearch('');
  };
  const keep = async () => {
    await actions.addTask(withPool(task, draft, target));
    onDone(target);
  };
  const isMultiple = task.definition.kind === 'multiple-choice';
  return (
    <>
      <div className="page-head">
        <div>
          <h2>Pool of {id}</h2>
          <p className="soft">
            {origin === 'imported'
              ? 'Changes are kept in this imported task.'
              : `The bundled task stays as it is: changes are kept as ${target}.`}{' '}
            What was run before keeps the pool it ran with.
          </p>
        </div>
        <div className="button-row">
          <Button
            onPress={() => {
              onDone(null);
            }}
          >
            Discard
          </Button>
          <Button
            look="strong"
            isDisabled={total === 0 || faults.size > 0 || whole !== null}
            onPress={() => void keep()}
          >
            {origin === 'imported' ? 'Keep' : 'Keep as a copy'}
          </Button>
        </div>
      </div>
      <div className="pool-bar">
        <TextBox
          label="Search"
          value={search}
          onChange={(text) => {
            setSearch(text);
            setPage(0);
          }}
        />
        <p className="field-note" role="status">
          {plural(draft.length, 'row')}; {changes.changed} changed, {changes.added} added, {changes.removed}{' '}
          removed
          {faults.size > 0 && <span className="field-fault">; {plural(faults.size, 'row')} to mend</span>}
        </p>
        {!isMultiple && <Button onPress={add}>Add a row</Button>}
      </div>
      {whole !== null && <p className="field-fault">{whole}</p>}
      <ul className="pool-rows" aria-label="Rows of the pool">
        {shown.slice(current * PAGE_ROWS, (current + 1) * PAGE_ROWS).map(({ row, at }) => (
          <PoolRow
            key={row.key}
            at={at}
            draft={row}
            labels={task.definition.labels}
            fault={faults.get(row.key) ?? null}
            onChange={(next) => {
              put(row.key, next);
            }}
            onRemove={() => {
              put(row.key, null);
            }}
          />
        ))}
      </ul>
      {shown.length === 0 && <p className="faint">No row holds “{search}”.</p>}
      {pages > 1 && (
        <div className="pager pool-pager">
          <Button
            isDisabled={current === 0}
            onPress={() => {
              setPage(current - 1);
            }}
          >
            ‹ Before
          </Button>
          <span>
            {current * PAGE_ROWS + 1} to {Math.min(shown.length, (current + 1) * PAGE_ROWS)} of {shown.length}
          </span>
          <Button
            isDisabled={current >= pages - 1}
            onPress={() => {
              setPage(current + 1);
            }}
          >
            Next ›
          </Button>
        </div>
      )}
    </>
  );
}
