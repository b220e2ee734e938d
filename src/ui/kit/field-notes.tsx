/** @file What stands beneath a field: its note, and what is wrong with its value. */
import type { ReactNode } from 'react';
import { Text } from 'react-aria-components';
import './field.css';

export interface FieldNotesProps {
  readonly note?: ReactNode;
  /** null: nothing is wrong. */
  readonly fault?: string | null;
}

/** Inside a react-aria field, which ties both to its input. */
export function FieldNotes({ note, fault = null }: FieldNotesProps): ReactNode {
  return (
    <>
      {note !== undefined && (
        <Text slot="description" className="field-note">
          {note}
        </Text>
      )}
      {fault !== null && (
        <Text slot="errorMessage" className="field-fault">
          {fault}
        </Text>
      )}
    </>
  );
}
