/** @file One of a few named things: a select whose options may each have a line of explanation. */
import type { ReactNode } from 'react';
import {
  Button,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
  Select,
  SelectValue,
  Text,
} from 'react-aria-components';
import './field.css';
import './choice.css';

export interface ChoiceOption<T extends string> {
  readonly id: T;
  readonly title: string;
  readonly note?: string;
}

export interface ChoiceProps<T extends string> {
  readonly label: string;
  readonly isLabelHidden?: boolean;
  /** Label and control side by side. */
  readonly isRow?: boolean;
  readonly value: T | null;
  readonly options: readonly ChoiceOption<T>[];
  readonly onChange: (value: T) => void;
  readonly isDisabled?: boolean;
  /** Shown while nothing is chosen. */
  readonly placeholder?: string;
}

export function Choice<T extends string>(props: ChoiceProps<T>): ReactNode {
  const {
    label,
    isLabelHidden = false,
    isRow = false,
    value,
    options,
    onChange,
    isDisabled = false,
    placeholder = '',
  } = props;
  return (
    <Select
      className={isRow ? 'field is-row is-choice' : 'field'}
      value={value}
      isDisabled={isDisabled}
      placeholder={placeholder}
      onChange={(key) => {
        const found = options.find(({ id }) => id === key);
        if (found !== undefined) onChange(found.id);
      }}
    >
      <Label className={isLabelHidden ? 'sr-only' : 'field-label'}>{label}</Label>
      <Button className="choice-button">
        <SelectValue className="choice-value">
          {({ selectedText, isPlaceholder, defaultChildren }) =>
            isPlaceholder ? defaultChildren : selectedText
          }
        </SelectValue>
        <svg width="10" height="6" viewBox="0 0 10 6" aria-hidden="true">
          <path d="M1 1l4 4 4-4" fill="none" stroke="currentColor" strokeWidth="1.6" />
        </svg>
      </Button>
      <Popover className="choice-popover">
        <ListBox className="choice-list" items={options}>
          {({ id, title, note }) => (
            <ListBoxItem id={id} textValue={title} className="choice-item">
              <Text slot="label">{title}</Text>
              {note !== undefined && (
                <Text slot="description" className="choice-note">
                  {note}
                </Text>
              )}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </Select>
  );
}
