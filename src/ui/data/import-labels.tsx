/** @file The labels that stand in the files, and the names the model shall see; the same name twice makes one label. */
import type { ReactNode } from 'react';
import { Button } from '../kit/button.tsx';
import { tidyNames } from './import-choices.ts';

export interface ImportLabelsProps {
  /** As they stand in the files. */
  readonly raw: readonly string[];
  readonly typed: ReadonlyMap<string, string>;
  readonly onChange: (typed: ReadonlyMap<string, string>) => void;
}

export function ImportLabels({ raw, typed, onChange }: ImportLabelsProps): ReactNode {
  const tidy = tidyNames(raw);
  const isTidied = [...tidy].every(([label, name]) => typed.get(label) === name);
  return (
    <section className="data-part" aria-labelledby="label-names">
      <div className="page-head">
        <h3 id="label-names">Labels</h3>
        {!isTidied && (
          <Button
            onPress={() => {
              onChange(new Map([...typed, ...tidy]));
            }}
          >
            Merge labels that differ in spelling only
          </Button>
        )}
      </div>
      <p className="field-note">
        The model sees the name, so words work better than numbers. The same name twice makes one label; an
        empty name drops the rows.
      </p>
      <ul className="label-names">
        {raw.map((label) => (
          <li key={label}>
            <code>{label}</code>
            <input
              className="input"
              aria-label={`Name of label ${label}`}
              value={typed.get(label) ?? label}
              spellCheck={false}
              onChange={(event) => {
                onChange(new Map([...typed, [label, event.target.value]]));
              }}
            />
          </li>
        ))}
      </ul>
    </section>
  );
}
