/** @file Light, dark, or as the system has it. */
import type { ReactNode } from 'react';
import { useEffect, useState } from 'react';

const THEMES = ['system', 'light', 'dark'] as const;
type Theme = (typeof THEMES)[number];

export function ThemeSwitch(): ReactNode {
  const [theme, setTheme] = useState<Theme>('system');
  useEffect(() => {
    const root = document.documentElement;
    if (theme === 'system') delete root.dataset.theme;
    else root.dataset.theme = theme;
  }, [theme]);
  return (
    <fieldset className="themes">
      <legend className="sr-only">Colours</legend>
      {THEMES.map((name) => (
        <label key={name} className={name === theme ? 'is-chosen' : ''}>
          <input
            type="radio"
            name="theme"
            className="sr-only"
            checked={name === theme}
            onChange={() => {
              setTheme(name);
            }}
          />
          {name}
        </label>
      ))}
    </fieldset>
  );
}
