/** @file The labels that stand in the files, and the names the model shall see; the same name twice makes one label. */
import type { ReactNode } from 'react';

export interface ImportLabelsProps {
  /** As they stand in the files. */
  readonly raw: readonly string[];
  readonly typed: ReadonlyMap<string, string>;
  readonly onChange: (typed: ReadonlyMap<string, string>) => void;
}

export function ImportLabels({ raw, typed, onChange }: ImportLabelsProps): ReactNode {
  return (
    <section className="data-part" aria-labelledby="label-names">
      <h3 id="label-names">Labels</h3>
      <p className="field-note">
        Spellings that differ in case and spaces are one label already. The model sees the name, so words work
        better than numbers. The same name twice makes one label; an empty name drops the rows.
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
