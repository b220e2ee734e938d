/** @file The page's buttons: one strong per view, plain ones, and quiet ones that read as text. */
import type { ReactNode } from 'react';
import type { ButtonProps as AriaProps } from 'react-aria-components';
import { Button as AriaButton } from 'react-aria-components';
import './button.css';

export interface ButtonProps extends Omit<AriaProps, 'className' | 'style' | 'children'> {
  readonly look?: 'strong' | 'plain' | 'quiet';
  readonly isLarge?: boolean;
  readonly children: ReactNode;
}

export function Button({ look = 'plain', isLarge = false, ...props }: ButtonProps): ReactNode {
  return <AriaButton {...props} className={`button is-${look}${isLarge ? ' is-large' : ''}`} />;
}
