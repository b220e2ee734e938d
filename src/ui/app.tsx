/** @file The page: the lab within reach, the shell around the views. */
import type { ReactNode } from 'react';
import { I18nProvider } from 'react-aria-components';
import type { PageTools } from './lab-context.ts';
import { ToolsProvider } from './lab-context.ts';
import { Shell } from './shell/shell.tsx';
import { ViewBoundary } from './shell/view-boundary.tsx';

export function App(tools: PageTools): ReactNode {
  return (
    // The page is in English; its numbers are too, whatever the browser's language.
    <I18nProvider locale="en-US">
      <ToolsProvider value={tools}>
        <ViewBoundary title="The page" isListing>
          <Shell />
        </ViewBoundary>
      </ToolsProvider>
    </I18nProvider>
  );
}
