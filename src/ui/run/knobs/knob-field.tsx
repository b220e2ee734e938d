/** @file One knob as a control, made from its line in the table of knobs. */
import type { ReactNode } from 'react';
import type { Knob } from '../../../words/knobs.ts';
import { Choice } from '../../kit/choice.tsx';
import { NumberField } from '../../kit/number-field.tsx';
import { TextBox } from '../../kit/text-box.tsx';
import { Toggle } from '../../kit/toggle.tsx';

export type KnobValue = string | number | boolean;

export interface KnobFieldProps {
  readonly knob: Knob;
  readonly value: KnobValue;
  readonly fault: string | null;
  /** Instead of the knob's own line of help; null for none. */
  readonly note?: ReactNode;
  readonly onChange: (value: KnobValue) => void;
}

export function KnobField({ knob, value, fault, note = knob.help, onChange }: KnobFieldProps): ReactNode {
  const said = note === null ? {} : { note };
  switch (knob.kind) {
    case 'number': {
      const { label, min, max, isWhole, unit } = knob;
      return (
        <NumberField
          {...{ label, min, max, isWhole, unit, fault, onChange, ...said }}
          value={typeof value === 'number' ? value : knob.default}
        />
      );
    }
    case 'choice':
      return (
        <div className="knob-choice">
          <Choice
            label={knob.label}
            value={String(value)}
            options={knob.options.map((id) => ({ id, title: id }))}
            onChange={onChange}
          />
          {note !== null && <p className="field-note">{note}</p>}
          {fault !== null && <p className="field-fault">{fault}</p>}
        </div>
      );
    case 'flag':
      return <Toggle label={knob.label} isOn={value === true} onChange={onChange} {...said} />;
    case 'text':
      return <TextBox label={knob.label} value={String(value)} {...{ fault, onChange, ...said }} />;
  }
}
