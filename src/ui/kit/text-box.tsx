/** @file A line of text with its label. */
import type { ReactNode } from 'react';
import { Input, Label, TextField } from 'react-aria-components';
import { FieldNotes } from './field-notes.tsx';

export interface TextBoxProps {
  readonly label: string;
  readonly value: string;
  readonly note?: ReactNode;
  readonly fault?: string | null;
  readonly isDisabled?: boolean;
  readonly onChange: (value: string) => void;
}

export function TextBox({
  label,
  value,
  note,
  fault = null,
  isDisabled = false,
  onChange,
}: TextBoxProps): ReactNode {
  return (
    <TextField
      className="field"
      value={value}
      isDisabled={isDisabled}
      isInvalid={fault !== null}
      onChange={onChange}
    >
      <Label className="field-label">{label}</Label>
      <Input className="input" spellCheck={false} />
      <FieldNotes note={note} fault={fault} />
    </TextField>
  );
}
