/** @file The demonstrations before the pinned prompt: swap one, move it, take it away, add another of the pool. */
import type { ReactNode } from 'react';
import { useEffect, useRef, useState } from 'react';
import type { Task } from '../../words/task.ts';
import { Button } from '../kit/button.tsx';
import { moved } from './answer-facts.ts';
import { PoolPicker } from './pool-picker.tsx';

export interface DemonstrationsProps {
  readonly task: Task;
  /** Ids of the pool's rows, in order. */
  readonly chosen: readonly string[];
  /** Those that the prompt came with. */
  readonly original: readonly string[];
  readonly isDisabled: boolean;
  /** What is to be said of them. */
  readonly notes: readonly string[];
  readonly onChange: (ids: readonly string[]) => void;
}

type Way = 'up' | 'down';

export function Demonstrations(props: DemonstrationsProps): ReactNode {
  const { task, chosen, original, isDisabled, notes, onChange } = props;
  const list = useRef<HTMLOListElement>(null);
  /** A moved item takes the focus with it; at an end its button goes off, then the other one has it. */
  const [follows, setFollows] = useState<{ readonly id: string; readonly way: Way } | null>(null);
  useEffect(() => {
    if (follows === null) return;
    const item = list.current?.querySelector(`[data-id="${CSS.escape(follows.id)}"]`);
    const buttons = [...(item?.querySelectorAll('button') ?? [])].filter(({ disabled }) => !disabled);
    const wanted = buttons.find(({ dataset }) => dataset.way === follows.way) ?? buttons[0];
    wanted?.focus();
  }, [follows, chosen]);
  const rows = new Map(task.splits.pool.map((row) => [row.id, row]));
  const others = task.splits.pool.filter(({ id }) => !chosen.includes(id));
  const isChanged = chosen.join(' ') !== original.join(' ');
  const move = (at: number, way: Way) => {
    onChange(moved(chosen, at, way === 'up' ? -1 : 1));
    setFollows({ id: chosen[at] ?? '', way });
  };
  return (
    <section className="demonstrations" aria-labelledby="demonstrations">
      <header>
        <h3 id="demonstrations">Demonstrations, in the order in which the model reads them</h3>
      </header>
      {isDisabled && (
        <p className="soft small">Zero-shot: none of them is shown. Choose few-shot to bring them back.</p>
      )}
      {!isDisabled && chosen.length === 0 && <p className="soft small">None is shown.</p>}
      {!isDisabled && notes.length > 0 && <p className="soft small">{notes.join(' ')}</p>}
      {!isDisabled && (
        <ol ref={list} className="demonstration-list">
          {chosen.map((id, at) => {
            const { input = id, output = '' } = rows.get(id) ?? {};
            const button = (way: Way, isOff: boolean, sign: string) => (
              <Button
                look="quiet"
                data-way={way}
                isDisabled={isOff}
                aria-label={`Move ${way}: ${input}`}
                onPress={() => {
                  move(at, way);
                }}
              >
                <span aria-hidden="true">{sign}</span>
              </Button>
            );
            return (
              <li key={id} data-id={id}>
                <span className="demonstration-text">
                  {input} <b>{output}</b>
                </span>
                <span className="demonstration-buttons">
                  {button('up', at === 0, '↑')}
                  {button('down', at === chosen.length - 1, '↓')}
                  <PoolPicker
                    isQuiet
                    title="Swap"
                    label={`Swap for another of the pool: ${input}`}
                    rows={others}
                    onPick={(other) => {
                      onChange(chosen.map((each, i) => (i === at ? other : each)));
                    }}
                  />
                  <Button
                    look="quiet"
                    aria-label={`Take away: ${input}`}
                    onPress={() => {
                      onChange(chosen.filter((_, i) => i !== at));
                    }}
                  >
                    <span aria-hidden="true">✕</span>
                  </Button>
                </span>
              </li>
            );
          })}
        </ol>
      )}
      <div className="demonstration-foot">
        {!isDisabled && (
          <PoolPicker
            title="Add from the pool"
            rows={others}
            onPick={(id) => {
              onChange([...chosen, id]);
            }}
          />
        )}
        {!isDisabled && (
          <Button
            look="quiet"
            isDisabled={!isChanged}
            onPress={() => {
              onChange(original);
            }}
          >
            As they were
          </Button>
        )}
      </div>
    </section>
  );
}
