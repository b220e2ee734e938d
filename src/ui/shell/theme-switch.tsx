/** @file The switch between light, dark and the system's colours. */
import type { ReactNode } from 'react';
import { useState } from 'react';
import { Choice } from '../kit/choice.tsx';
import type { Theme } from './theme.ts';
import { THEMES, applyTheme, storedTheme } from './theme.ts';

const TITLES: Readonly<Record<Theme, string>> = { system: 'System', light: 'Light', dark: 'Dark' };
const OPTIONS = THEMES.map((id) => ({ id, title: TITLES[id] }));

export function ThemeSwitch(): ReactNode {
  const [theme, setTheme] = useState<Theme>(storedTheme);
  return (
    <Choice
      label="Colours"
      isLabelHidden
      value={theme}
      options={OPTIONS}
      onChange={(next) => {
        applyTheme(next);
        setTheme(next);
      }}
    />
  );
}
