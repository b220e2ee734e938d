/** @file A number in its range, with steppers where it is whole. */
import type { ReactNode } from 'react';
import { useState } from 'react';
import { Button, Group, Input, Label, NumberField as AriaNumberField } from 'react-aria-components';
import { FieldNotes } from './field-notes.tsx';
import './number-field.css';

/** Constants: the library makes its parser anew for every new object. */
const WHOLE = { maximumFractionDigits: 0, useGrouping: false } as const;
const FRACTION = { maximumFractionDigits: 7, useGrouping: false } as const;

export interface NumberFieldProps {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly isWhole: boolean;
  /** Behind the label, e.g. "prompts"; '' for none. */
  readonly unit?: string;
  readonly note?: ReactNode;
  readonly fault?: string | null;
  readonly isDisabled?: boolean;
  readonly onChange: (value: number) => void;
}

/** The field may be the last that fits above the buttons. */
const intoView = (shown: HTMLElement | null): void => {
  shown?.scrollIntoView({ block: 'nearest' });
};

/** What of a typed number does not lie in the range, which the library takes for the end that is nearest; '' where it does. */
function outOfRange(typed: string, { min, max, isWhole }: NumberFieldProps): string {
  const plain = isWhole ? typed.replaceAll(/[\s,'’]/gu, '') : typed.trim().replace(',', '.');
  const value = plain === '' ? NaN : Number(plain.replace('−', '-'));
  if (value > max) return `${max} is the most: ${typed.trim()} was not taken.`;
  return value < min ? `${min} is the least: ${typed.trim()} was not taken.` : '';
}

export function NumberField(props: NumberFieldProps): ReactNode {
  const {
    label,
    value,
    min,
    max,
    isWhole,
    unit = '',
    note,
    fault = null,
    isDisabled = false,
    onChange,
  } = props;
  const [refused, setRefused] = useState('');
  return (
    <AriaNumberField
      className="field is-row"
      value={value}
      minValue={min}
      maxValue={max}
      isDisabled={isDisabled}
      isInvalid={fault !== null}
      formatOptions={isWhole ? WHOLE : FRACTION}
      {...(isWhole ? { step: 1 } : {})}
      onChange={(next) => {
        if (Number.isNaN(next)) return;
        if (next !== min && next !== max) setRefused('');
        onChange(next);
      }}
    >
      <Label className="field-label">
        {label}
        {unit !== '' && !label.toLowerCase().includes(unit) && <span className="field-unit"> {unit}</span>}
      </Label>
      <Group className={isWhole ? 'number has-steppers' : 'number'}>
        {isWhole && (
          <Button slot="decrement" className="stepper">
            <span aria-hidden="true">−</span>
          </Button>
        )}
        <Input
          className="input"
          onInput={() => {
            setRefused('');
          }}
          // Before the library puts the nearest number in the typed one's place.
          onBlurCapture={({ currentTarget }) => {
            setRefused((before) => outOfRange(currentTarget.value, props) || before);
          }}
          onKeyDownCapture={({ key, currentTarget }) => {
            if (key === 'Enter') setRefused(outOfRange(currentTarget.value, props));
          }}
        />
        {isWhole && (
          <Button slot="increment" className="stepper">
            <span aria-hidden="true">+</span>
          </Button>
        )}
      </Group>
      {refused !== '' && (
        <p ref={intoView} className="field-fault" role="alert">
          {refused}
        </p>
      )}
      <FieldNotes note={note} fault={fault} />
    </AriaNumberField>
  );
}
