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

/** What is said of a typed number beyond the range, in whose place the library puts the end that is nearest; '' of one within. */
const refusal = (typed: string, value: number, min: number, max: number): string =>
  value > max
    ? `${max} is the most: ${typed.trim()} was not taken.`
    : value < min
      ? `${min} is the least: ${typed.trim()} was not taken.`
      : '';

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
      {({ state }) => (
        <>
          <Label className="field-label">
            {label}
            {unit !== '' && !label.toLowerCase().includes(unit) && (
              <span className="field-unit"> {unit}</span>
            )}
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
                setRefused((before) => refusal(currentTarget.value, state.numberValue, min, max) || before);
              }}
              onKeyDownCapture={({ key, currentTarget }) => {
                if (key === 'Enter') setRefused(refusal(currentTarget.value, state.numberValue, min, max));
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
        </>
      )}
    </AriaNumberField>
  );
}
