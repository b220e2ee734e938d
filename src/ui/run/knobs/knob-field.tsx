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
  /** What "auto" comes to, for knobs that have it. */
  readonly auto?: number;
  readonly onChange: (value: KnobValue) => void;
}

export function KnobField({
  knob,
  value,
  fault,
  note = knob.help,
  auto = 0,
  onChange,
}: KnobFieldProps): ReactNode {
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
    case 'auto': {
      const { label, min, max, isWhole } = knob;
      const isAuto = typeof value !== 'number';
      return (
        <>
          <Toggle
            label={`${label} by the model’s size`}
            isOn={isAuto}
            {...said}
            onChange={(isOn) => {
              onChange(isOn ? 'auto' : auto);
            }}
          />
          {!isAuto && <NumberField {...{ label, min, max, isWhole, fault, onChange, value }} />}
        </>
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
