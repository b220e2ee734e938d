/** @file One of two or three things that stand side by side. */
import type { ReactNode } from 'react';
import { ToggleButton, ToggleButtonGroup } from 'react-aria-components';
import './segments.css';

export interface SegmentsProps<T extends string> {
  /** Said to screen readers. */
  readonly label: string;
  /** null: none of them. */
  readonly value: T | null;
  readonly options: readonly { readonly id: T; readonly title: string }[];
  readonly onChange: (value: T) => void;
}

export function Segments<T extends string>({ label, value, options, onChange }: SegmentsProps<T>): ReactNode {
  return (
    <ToggleButtonGroup
      aria-label={label}
      className="segments"
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={value === null ? [] : [value]}
      onSelectionChange={(keys) => {
        const found = options.find(({ id }) => keys.has(id));
        if (found !== undefined) onChange(found.id);
      }}
    >
      {options.map(({ id, title }) => (
        <ToggleButton key={id} id={id} className="segment">
          {title}
        </ToggleButton>
      ))}
    </ToggleButtonGroup>
  );
}
