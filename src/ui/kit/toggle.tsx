/** @file A switch that is on or off at once. */
import type { ReactNode } from 'react';
import { SwitchButton, SwitchField } from 'react-aria-components';
import { FieldNotes } from './field-notes.tsx';
import './field.css';
import './toggle.css';

export interface ToggleProps {
  readonly label: string;
  readonly note?: ReactNode;
  readonly isOn: boolean;
  readonly isDisabled?: boolean;
  readonly onChange: (isOn: boolean) => void;
}

export function Toggle({ label, note, isOn, isDisabled = false, onChange }: ToggleProps): ReactNode {
  return (
    <SwitchField className="toggle-field" isSelected={isOn} isDisabled={isDisabled} onChange={onChange}>
      <SwitchButton className="toggle">
        <span className="field-label">{label}</span>
        <span className="toggle-track" aria-hidden="true" />
      </SwitchButton>
      <FieldNotes note={note} />
    </SwitchField>
  );
}
